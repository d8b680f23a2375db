#include "plan/devices.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "plan/mounts.h"

namespace agentbox::plan {
namespace {

// runtime-spec, config-linux.md#default-devices; /dev/console is made with the terminal.
struct DefaultDevice {
  const char* path;
  std::uint32_t minor;
  std::uint32_t major;
};
constexpr std::array kDefaults = {
    DefaultDevice{"/dev/null", 3, 1},
    DefaultDevice{"/dev/zero", 5, 1},
    DefaultDevice{"/dev/full", 7, 1},
    DefaultDevice{"/dev/random", 8, 1},
    DefaultDevice{"/dev/urandom", 9, 1},
    DefaultDevice{"/dev/tty", 0, 5},
};

constexpr mode_t kDefaultMode = 0666;

Error Invalid(std::string message) {
  return Error(ErrorKind::kInvalidSpec, std::move(message));
}

bool IsDefault(const DeviceStep& step) {
  return std::ranges::any_of(kDefaults, [&step](const DefaultDevice& one) {
    return S_ISCHR(step.mode) && step.major == one.major && step.minor == one.minor;
  });
}

Result<std::uint32_t> Number(std::int64_t value, const char* name) {
  // 12 and 20 bits, as the kernel has them (include/linux/kdev_t.h); 20 is the larger.
  if (value < 0 || value >= 1 << 20) {
    return Fail(
        Invalid(std::string(name) + ": expected a device number, found " + std::to_string(value)));
  }
  return static_cast<std::uint32_t>(value);
}

bool MayHave(const DeviceStep& step, const policy::Policy& policy) {
  const auto& allowed = policy.allowed_devices;
  return S_ISFIFO(step.mode) || IsDefault(step) ||
         std::ranges::find(allowed, step.path) != allowed.end();
}

// As engines say --privileged. It lists every node of the host's /dev, and nobody has named one.
bool AllowsAll(const spec::Linux& linux_part) {
  if (!linux_part.resources) return false;
  bool allows_all = false;
  for (const spec::DeviceRule& rule : linux_part.resources->devices) {
    const bool is_of_all = (rule.type.empty() || rule.type == "a") && !rule.major && !rule.minor;
    if (is_of_all) allows_all = rule.allow && rule.access == "rwm";
  }
  return allows_all;
}

// The mounts by which Podman of a user other than root says --privileged: it names no device, and
// binds every node of the host's /dev that there is (libpod's addPrivilegedDevices).
bool IsOfAllDevices(const spec::Mount& mount, const spec::Linux& linux_part) {
  static constexpr std::array kOptions = {"slave", "nosuid", "noexec", "rw", "rbind"};
  const bool has_rules = linux_part.resources && !linux_part.resources->devices.empty();
  const bool is_privileged = linux_part.masked_paths.empty() && linux_part.readonly_paths.empty() &&
                             !linux_part.seccomp && !has_rules;
  return is_privileged && mount.source == mount.destination && IsAtOrBelow(mount.source, "/dev") &&
         std::ranges::equal(mount.options, kOptions);
}

bool IsDefault(const std::string& path) {
  return std::ranges::find(kDefaults, path, &DefaultDevice::path) != kDefaults.end();
}

Error Refused(const DeviceStep& step) {
  return Error(ErrorKind::kRefused,
               "the host's device " + Quoted(step.path) +
                   " is not one of a container's own; the policy's devices.allow may name it");
}

Result<DeviceStep> PlanDevice(const spec::Device& device) {
  DeviceStep step;
  step.path = CleanPath(device.path);
  if (!device.path.starts_with('/') || step.path == "/") {
    return Fail(Invalid("path: " + Quoted(device.path) + " is not an absolute path of a file"));
  }
  step.mode = device.file_mode.value_or(kDefaultMode) & 07777U;
  step.uid = device.uid.value_or(0);
  step.gid = device.gid.value_or(0);
  if (device.type == "p") {
    step.mode |= S_IFIFO;
    return step;
  }
  if (device.type != "c" && device.type != "u" && device.type != "b") {
    return Fail(Invalid("type: " + Quoted(device.type) + " is not one of c, b, u, p"));
  }
  step.mode |= device.type == "b" ? S_IFBLK : S_IFCHR;
  step.major = TRY(Number(device.major, "major"));
  step.minor = TRY(Number(device.minor, "minor"));
  return step;
}

// The last of several for one path counts, as engines expect that repeat a default of ours.
void Put(std::vector<DeviceStep>& nodes, DeviceStep step) {
  const auto same = std::ranges::find(nodes, step.path, &DeviceStep::path);
  if (same != nodes.end()) {
    *same = std::move(step);
  } else {
    nodes.push_back(std::move(step));
  }
}

// Whether config.json has something else than a tmpfs at /dev: a directory of the host's, which has
// its nodes, and is not ours to add to.
bool IsDevBound(const spec::Config& config) {
  bool is_bound = false;
  for (const spec::Mount& mount : config.mounts) {
    if (CleanPath(mount.destination) == "/dev") is_bound = mount.type != "tmpfs";
  }
  return is_bound;
}

std::vector<SymlinkStep> Links() {
  return {{"/dev/fd", "/proc/self/fd"},
          {"/dev/stdin", "/proc/self/fd/0"},
          {"/dev/stdout", "/proc/self/fd/1"},
          {"/dev/stderr", "/proc/self/fd/2"},
          {"/dev/ptmx", "pts/ptmx"},
          {"/dev/core", "/proc/kcore"}};
}

}  // namespace

bool IsDefaultDevice(std::uint32_t major, std::uint32_t minor) {
  return IsDefault({.mode = S_IFCHR, .major = major, .minor = minor});
}

bool IsLeftOut(const spec::Mount& mount, const spec::Config& config, const policy::Policy& policy) {
  const auto& allowed = policy.allowed_devices;
  return config.linux_ && IsOfAllDevices(mount, *config.linux_) && !IsDefault(mount.source) &&
         std::ranges::find(allowed, mount.source) == allowed.end();
}

Result<DevicesPlan> PlanDevices(const spec::Config& config, const policy::Policy& policy) {
  DevicesPlan plan;
  const bool is_dev_bound = IsDevBound(config);
  if (!is_dev_bound) {
    for (const DefaultDevice& one : kDefaults) {
      plan.nodes.push_back({.origin = "default devices",
                            .path = one.path,
                            .mode = S_IFCHR | kDefaultMode,
                            .major = one.major,
                            .minor = one.minor});
    }
    plan.links = Links();
  }
  if (!config.linux_) return plan;
  const bool allows_all = AllowsAll(*config.linux_);
  for (const spec::Device& device : config.linux_->devices) {
    const std::string origin =
        "linux.devices[" + std::to_string(&device - config.linux_->devices.data()) + "]";
    DeviceStep step = TRY_WITHIN(PlanDevice(device), origin);
    step.origin = origin;
    if (!MayHave(step, policy)) {
      if (!allows_all) return Fail(Refused(step).Within(origin));
      plan.left_out.push_back(step.path);
      continue;
    }
    if (is_dev_bound && IsAtOrBelow(step.path, "/dev")) continue;
    Put(plan.nodes, std::move(step));
  }
  for (const spec::Mount& mount : config.mounts) {
    if (IsLeftOut(mount, config, policy)) plan.left_out.push_back(mount.source);
  }
  return plan;
}

std::string ToString(const DeviceStep& step) {
  std::string text = step.path + ": ";
  if (S_ISFIFO(step.mode)) return text + "fifo";
  text += S_ISBLK(step.mode) ? "block " : "char ";
  return text + std::to_string(step.major) + ":" + std::to_string(step.minor);
}

}  // namespace agentbox::plan
