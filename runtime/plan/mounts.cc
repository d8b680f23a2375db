#include "plan/mounts.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/strings.h"
#include "plan/devices.h"
#include "plan/mount_modes.h"
#include "plan/mount_options.h"

namespace agentbox::plan {
namespace {

// Files of /proc that an engine may put another in the place of: lxcfs shows the container's own
// limits through them. Anything else there misleads what trusts /proc (CVE-2019-19921).
constexpr std::array<std::string_view, 12> kMountableInProc = {
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/net/dev",
    "/proc/slabinfo",
    "/proc/stat",
    "/proc/swaps",
    "/proc/sys/crypto/fips_enabled",
    "/proc/sys/kernel/ns_last_pid",
    "/proc/sys/kernel/random/boot_id",
    "/proc/uptime",
};

// Options of cgroup mounts, and of cgroup2's superblock, which is the host's: passed over.
constexpr std::array<std::string_view, 5> kCgroupOptions = {
    "all", "nsdelegate", "memory_recursiveprot", "favordynmods", "memory_localevents"};

Error Invalid(std::string message) {
  return Error(ErrorKind::kInvalidSpec, std::move(message));
}

template <typename List>
bool Contains(const List& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

bool IsBind(const spec::Mount& mount) {
  return mount.type == "bind" || Contains(mount.options, "bind") ||
         Contains(mount.options, "rbind");
}

std::pair<std::string, std::string> SplitAtEquals(const std::string& option) {
  const auto equals = option.find('=');
  if (equals == std::string::npos) return {option, {}};
  return {option.substr(0, equals), option.substr(equals + 1)};
}

// What PlanMount is given besides the mount itself.
struct Surroundings {
  const policy::Policy& policy;
  const std::string& bundle;
  const std::string& label;  // linux.mountLabel
  bool shares_processes = false;
};

// Takes an option that a bind mount alone has.
Result<bool> ApplyBindOption(const std::string& option, BindMount& bind, MountStep& step) {
  const auto [key, value] = SplitAtEquals(option);
  if (option == "bind" || option == "rbind") {
    bind.recursive = bind.recursive || option == "rbind";
  } else if (key == "idmap" || key == "ridmap") {
    MountIdmap idmap;
    if (!value.empty()) idmap = TRY(ParseIdmapOption(value));
    idmap.recursive = key == "ridmap";
    bind.idmap = std::move(idmap);
  } else if (option == "copy-symlink") {
    bind.copy_symlink = true;
  } else if (option == "src-nofollow") {
    bind.source_nofollow = true;
  } else if (option == "dest-nofollow") {
    step.destination_nofollow = true;
  } else {
    return false;
  }
  return true;
}

// uidMappings and gidMappings of the entry, for which idmap is only a hint whether those below too.
Result<void> ApplyMappings(const spec::Mount& mount, BindMount& bind) {
  if (mount.uid_mappings.empty() != mount.gid_mappings.empty()) {
    return Fail(Invalid("uidMappings and gidMappings: expected both or neither"));
  }
  if (mount.uid_mappings.empty()) return {};
  if (!bind.idmap) bind.idmap = MountIdmap{};
  bind.idmap->maps = {.uids = mount.uid_mappings, .gids = mount.gid_mappings};
  return {};
}

void RefuseDevices(abi::MountAttributes& attributes) {
  attributes.set |= MOUNT_ATTR_NODEV;
  attributes.clear &= ~std::uint64_t{MOUNT_ATTR_NODEV};
}

// What Podman binds for systemd in a container (--systemd) on cgroup v1: all of the host's cgroups,
// of which none can be the container's root's. On v2 it asks for a cgroup mount to be written to.
bool IsCgroupsForSystemd(const spec::Mount& mount) {
  constexpr std::string_view kHierarchy = "/sys/fs/cgroup/systemd";
  return mount.source == kHierarchy && CleanPath(mount.destination) == kHierarchy &&
         !Contains(mount.options, "ro");
}

Result<void> PlanBind(const spec::Mount& mount, const Surroundings& around, MountStep& step) {
  if (mount.source.empty()) return Fail(Invalid("source: expected a path"));
  if (IsCgroupsForSystemd(mount)) {
    return Fail(Error(ErrorKind::kUnsupported,
                      "systemd in a container needs a host with cgroup v2; --systemd=false leaves "
                      "the host's cgroups out"));
  }
  BindMount bind;
  bind.source = mount.source.starts_with('/') ? mount.source : around.bundle + "/" + mount.source;
  // A set-uid file that container root makes in a volume is to be none on the host's side either.
  step.attributes.set = MOUNT_ATTR_NOSUID;
  for (const std::string& option : mount.options) {
    if (ApplyOption(option, step) || IsWithoutEffect(option) || IsOfFilesystem(option)) continue;
    const bool is_taken = TRY(ApplyBindOption(option, bind, step));
    if (!is_taken) {
      return Fail(Invalid("option " + Quoted(option) + " has no meaning for a bind mount"));
    }
  }
  TRY(ApplyMappings(mount, bind));
  bind.allow_device = Contains(around.policy.allowed_devices, bind.source);
  // Whatever the options say: a node of the host's is a device only where the policy says so.
  if (!bind.allow_device) {
    RefuseDevices(step.attributes);
    RefuseDevices(step.attributes_below);
  }
  step.what = std::move(bind);
  return {};
}

using Options = std::vector<std::pair<std::string, std::string>>;

// The options that are neither the mount's nor without effect: data for the file system.
Options DataOptions(const spec::Mount& mount, MountStep& step) {
  Options data;
  for (const std::string& option : mount.options) {
    if (!ApplyOption(option, step) && !IsWithoutEffect(option)) {
      data.push_back(SplitAtEquals(option));
    }
  }
  return data;
}

Result<void> PlanTmpfs(Options data, const Surroundings& around, MountStep& step) {
  FilesystemMount tmpfs = {.type = "tmpfs"};
  for (auto& option : data) {
    if (option.first == "tmpcopyup") {
      tmpfs.copy_up = true;
    } else {
      tmpfs.options.push_back(std::move(option));
    }
  }
  if (!around.label.empty()) tmpfs.options.emplace_back("context", around.label);
  step.what = std::move(tmpfs);
  return {};
}

// The directories of "lowerdir=a:b", where a backslash takes the meaning from what follows it.
std::vector<std::string> SplitLayers(std::string_view text) {
  std::vector<std::string> layers(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      layers.back() += text[++i];
    } else if (text[i] == ':') {
      layers.emplace_back();
    } else {
      layers.back() += text[i];
    }
  }
  return layers;
}

Result<void> PlanOverlay(const Options& data, MountStep& step) {
  OverlayMount overlay;
  for (const auto& [key, value] : data) {
    if (key == "lowerdir") {
      overlay.lower = SplitLayers(value);
    } else if (key == "upperdir") {
      overlay.upper = value;
    } else if (key == "workdir") {
      overlay.work = value;
    } else if (key != "userxattr" && key != "volatile" && key != "index" && key != "metacopy") {
      return Fail(Invalid("option " + Quoted(key) + " has no meaning for an overlay"));
    }
  }
  std::vector<std::string> directories = overlay.lower;
  if (!overlay.upper.empty() || !overlay.work.empty()) {
    directories.push_back(overlay.upper);
    directories.push_back(overlay.work);
  }
  const auto is_absolute = [](const std::string& path) { return path.starts_with('/'); };
  if (overlay.lower.empty() || !std::ranges::all_of(directories, is_absolute)) {
    return Fail(
        Invalid("overlay: expected lowerdir, and upperdir with workdir, as absolute paths"));
  }
  step.what = std::move(overlay);
  return {};
}

Result<void> PlanCgroupMount(const Options& data, MountStep& step) {
  for (const auto& [key, value] : data) {
    if (!Contains(kCgroupOptions, key)) {
      return Fail(Invalid("option " + Quoted(key) + " has no meaning for a cgroup mount"));
    }
  }
  step.what = CgroupMount{};
  return {};
}

Result<void> PlanSysfs(const Options& data, MountStep& step) {
  if (!data.empty()) {
    return Fail(Invalid("option " + Quoted(data.front().first) + " has no meaning for sysfs"));
  }
  step.what = SysfsMount{};
  return {};
}

// Why a container may not have a file system of `type`, in whose kernel code its user has no
// business.
Error RefusedType(const std::string& type) {
  if (type == "ramfs") {
    return Error(ErrorKind::kRefused, "type ramfs has no limit of size: use tmpfs");
  }
  return Error(ErrorKind::kRefused,
               "type " + Quoted(type) +
                   ": a container may mount bind, cgroup, cgroup2, devpts, "
                   "mqueue, overlay, proc, sysfs and tmpfs; mount it on the host, and bind it");
}

Result<void> PlanFilesystem(const spec::Mount& mount, const Surroundings& around, MountStep& step) {
  if (mount.type.empty()) return Fail(Invalid("type: expected one, or the option bind"));
  if (!mount.uid_mappings.empty() || !mount.gid_mappings.empty()) {
    return Fail(Invalid("uidMappings: only a bind mount has them"));
  }
  Options data = DataOptions(mount, step);
  if (mount.type == "tmpfs") return PlanTmpfs(std::move(data), around, step);
  if (mount.type == "overlay") return PlanOverlay(data, step);
  if (mount.type == "sysfs") return PlanSysfs(data, step);
  if (mount.type == "cgroup" || mount.type == "cgroup2") return PlanCgroupMount(data, step);
  if (mount.type == "proc" || mount.type == "mqueue" || mount.type == "devpts") {
    const bool of_host = mount.type == "proc" && around.shares_processes;
    step.what = KernelMount{.type = mount.type, .options = std::move(data), .of_host = of_host};
    return {};
  }
  return Fail(RefusedType(mount.type));
}

Result<void> CheckDestination(const MountStep& step, const spec::Mount& mount) {
  if (step.destination == "/") return Fail(Invalid("destination \"/\" is the root file system"));
  if (!IsAtOrBelow(step.destination, "/proc")) return {};
  if (step.destination == "/proc" && mount.type == "proc") return {};
  if (Contains(kMountableInProc, step.destination)) return {};
  return Fail(Error(ErrorKind::kRefused,
                    "destination " + Quoted(step.destination) +
                        ": in /proc only the files that lxcfs serves may be covered"));
}

Result<MountStep> PlanMount(const spec::Mount& mount,
                            std::string origin,
                            const Surroundings& around) {
  // One that is not absolute is below "/" (runtime-spec, config.md#mounts).
  MountStep step = {.origin = std::move(origin), .destination = CleanPath(mount.destination)};
  TRY(CheckDestination(step, mount));
  if (IsBind(mount)) {
    TRY(PlanBind(mount, around, step));
  } else {
    TRY(PlanFilesystem(mount, around, step));
  }
  return step;
}

Result<std::string> MountLabel(const spec::Config& config, const HostFacts& facts) {
  if (!config.linux_ || config.linux_->mount_label.empty()) return std::string();
  if (!facts.has_selinux) {
    return Fail(Error(ErrorKind::kUnsupported, "linux.mountLabel: this host has no SELinux"));
  }
  return config.linux_->mount_label;
}

// Whether the pid namespace is the host's: PlanNamespaces has the policy's word on it.
bool SharesProcesses(const spec::Config& config) {
  const spec::Linux linux_part = config.linux_.value_or(spec::Linux());
  return std::ranges::none_of(linux_part.namespaces,
                              [](const spec::Namespace& wanted) { return wanted.type == "pid"; });
}

bool MountsDev(const spec::Config& config) {
  return std::ranges::any_of(config.mounts, [](const spec::Mount& mount) {
    return CleanPath(mount.destination) == "/dev";
  });
}

// Device nodes do not work in the root file system, so they need one of their own.
MountStep DefaultDev() {
  MountStep step = {.origin = "default devices", .destination = "/dev"};
  step.what = FilesystemMount{.type = "tmpfs", .options = {{"mode", "755"}, {"size", "65536k"}}};
  step.attributes = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME, .clear = MOUNT_ATTR__ATIME};
  return step;
}

std::string Describe(const Options& options) {
  std::string text;
  for (const auto& [key, value] : options) {
    text += ' ' + key;
    if (!value.empty()) text += '=' + value;
  }
  return text;
}

std::string Describe(const BindMount& bind) {
  std::string text = (bind.recursive ? "rbind " : "bind ") + bind.source;
  if (bind.idmap) text += bind.idmap->recursive ? " ridmap" : " idmap";
  if (bind.copy_symlink) text += " copy-symlink";
  if (bind.source_nofollow) text += " src-nofollow";
  return text;
}

std::string Describe(const ThrowawayMount& throwaway) {
  return (throwaway.kept_as.empty() ? "throwaway " : "review ") + throwaway.source;
}

std::string Describe(const FilesystemMount& filesystem) {
  return filesystem.type + Describe(filesystem.options) + (filesystem.copy_up ? " tmpcopyup" : "");
}

std::string Describe(const OverlayMount& overlay) {
  return "overlay " + (overlay.upper.empty() ? "" : overlay.upper + " over ") +
         Join(overlay.lower, ":");
}

std::string Describe(const KernelMount& kernel) {
  return kernel.type + (kernel.of_host ? " of the host" : "") + Describe(kernel.options);
}
std::string Describe(const SysfsMount& /*sysfs*/) {
  return "sysfs";
}
std::string Describe(const CgroupMount& /*cgroup*/) {
  return "cgroup";
}

}  // namespace

std::vector<std::string> HeldPaths(const std::vector<MountStep>& steps) {
  std::vector<std::string> paths;
  for (const MountStep& step : steps) {
    const auto* const bind = std::get_if<BindMount>(&step.what);
    if (bind == nullptr) continue;
    for (const std::string& path : bind->held)
      paths.push_back((step.destination == "/" ? "" : step.destination) + "/" + path);
  }
  return paths;
}

std::string CleanPath(const std::string& path) {
  std::vector<std::string> parts;
  for (const std::string_view part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.emplace_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  return "/" + Join(parts, "/");
}

bool IsAtOrBelow(const std::string& path, const std::string& directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

bool IsMadeByInit(const MountStep& step) {
  const auto* const kernel = std::get_if<KernelMount>(&step.what);
  return kernel != nullptr && kernel->type != "mqueue" && !kernel->of_host;
}

Result<std::vector<MountStep>> PlanMounts(const spec::Config& config,
                                          const policy::Policy& policy,
                                          const HostFacts& facts,
                                          const std::string& bundle) {
  const std::string label = TRY(MountLabel(config, facts));
  const Surroundings around = {.policy = policy,
                               .bundle = bundle,
                               .label = label,
                               .shares_processes = SharesProcesses(config)};
  std::vector<MountStep> steps;
  if (!MountsDev(config)) steps.push_back(DefaultDev());
  for (const spec::Mount& mount : config.mounts) {
    if (IsLeftOut(mount, config, policy)) continue;
    const std::string origin = "mounts[" + std::to_string(&mount - config.mounts.data()) + "]";
    MountStep step = TRY_WITHIN(PlanMount(mount, origin, around), origin);
    TRY_WITHIN(ChooseMode(policy, steps, step), origin);
    steps.push_back(std::move(step));
  }
  TRY(CheckAnnotatedMounts(policy, steps));
  return steps;
}

std::string ToString(const MountStep& step) {
  std::string text = step.destination + ": ";
  text += std::visit([](const auto& what) { return Describe(what); }, step.what);
  text += OptionsToString(step);
  if (step.destination_nofollow) text += " dest-nofollow";
  if (!step.mode_origin.empty()) text += " (by " + step.mode_origin + ")";
  return text;
}

}  // namespace agentbox::plan
