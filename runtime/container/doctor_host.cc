#include <dlfcn.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/strings.h"
#include "container/doctor_checks.h"
#include "container/host_facts.h"
#include "container/id_ranges.h"
#include "container/idmap_probe.h"
#include "container/inputs.h"
#include "container/limit_means.h"
#include "container/pasta.h"
#include "kernel/file.h"
#include "kernel/host.h"
#include "kernel/mount.h"
#include "kernel/namespaces.h"
#include "kernel/quota.h"
#include "kernel/remove_tree.h"
#include "launch/reentry.h"

namespace agentbox::container {
namespace {

constexpr std::uint64_t kSmallSpace = 1ULL << 30U;  // below it a build fills the disk

std::string FilesystemOf(const std::string& path) {
  const auto found = kernel::FindFilesystemMagic(path);
  if (!found || !*found) return "unknown file system";
  return kernel::FilesystemName(**found);
}

struct ScratchPlace {
  std::string wanted;
  std::string existing;
};

Result<ScratchPlace> FindScratch(const Runtime& runtime) {
  const policy::Policy policy = TRY(ReadPolicy(runtime));
  const plan::HostFacts facts = TRY(GatherHostFacts());
  std::string wanted = ScratchDirectory(runtime, policy, facts, "x");
  wanted.resize(wanted.rfind('/'));
  return ScratchPlace{wanted, ExistingPart(wanted)};
}

// Into a mount namespace that the caller may mount in; of a user, with a user namespace that has
// the user's own id alone.
Result<void> EnterMountNamespace() {
  if (::geteuid() == 0) return kernel::Unshare(CLONE_NEWNS);
  const auto line = [](std::uint32_t id) {
    return std::to_string(id) + " " + std::to_string(id) + " 1\n";
  };
  const std::string uids = line(::geteuid());
  const std::string gids = line(::getegid());
  TRY(kernel::Unshare(CLONE_NEWUSER | CLONE_NEWNS));
  TRY(kernel::WriteFile(AT_FDCWD, "/proc/self/setgroups", "deny"));
  TRY(kernel::WriteFile(AT_FDCWD, "/proc/self/uid_map", uids));
  return kernel::WriteFile(AT_FDCWD, "/proc/self/gid_map", gids);
}

// An overlay whose upper layer is in `directory`, as a start mounts it.
Result<void> MountOverlay(const std::string& directory) {
  const std::string name = "doctor." + std::to_string(::getpid());
  const UniqueFd parent = TRY(kernel::Open(AT_FDCWD, directory, O_PATH | O_DIRECTORY));
  TRY(kernel::MakeDirectory(parent.Get(), name, 0700));
  const std::string path = directory + "/" + name;
  const auto mounted = [&]() -> Result<void> {
    for (const char* part : {"/lower", "/upper", "/work"}) {
      TRY(kernel::MakeDirectories(path + part, 0700));
    }
    const bool is_root = ::geteuid() == 0;
    return InChild([&]() -> Result<void> {
      TRY(EnterMountNamespace());
      TRY(kernel::MountFilesystem(
          "overlay",
          {{"lowerdir", path + "/lower"},
           {"upperdir", path + "/upper"},
           {"workdir", path + "/work"},
           is_root ? std::pair<std::string, std::string>{"redirect_dir", "on"}
                   : std::pair<std::string, std::string>{"userxattr", ""}}));
      return {};
    });
  }();
  TRY(kernel::RemoveTree(parent.Get(), name));
  return mounted;
}

Finding ExamineOverlay(const ScratchPlace& place) {
  return Judge(
      {.feature = "overlay on " + place.existing + " (" + FilesystemOf(place.existing) + ")",
       .detail = "can be mounted",
       .purpose = "writes that are thrown away",
       .remedy =
           "modprobe overlay, or scratch.directory of the policy on ext4, xfs, btrfs or tmpfs",
       .is_essential = true},
      MountOverlay(place.existing));
}

Finding ExamineSpace(const ScratchPlace& place) {
  Finding finding = {.feature = "space for scratch layers",
                     .purpose = "what sandboxes write",
                     .remedy = "make room, or set scratch.directory of the policy"};
  const auto space = kernel::FreeSpace(place.existing);
  if (!space) return Judge(std::move(finding), Fail(space.error()));
  finding.detail = std::to_string(*space >> 20U) + " MiB on " + place.existing;
  if (*space < kSmallSpace) finding.health = Health::kWarning;
  return finding;
}

Finding ExamineLimit(const ScratchPlace& place) {
  Finding finding = {.feature = "limits of scratch layers",
                     .purpose = "limits.disk of the policy, which no sandbox writes more than",
                     .remedy =
                         "mount the file system with prjquota (ext4: tune2fs -O project,quota), or "
                         "apt-get install e2fsprogs for images on loop devices"};
  const auto directory = kernel::Open(AT_FDCWD, place.existing, O_PATH | O_DIRECTORY);
  if (::geteuid() != 0) {
    finding.detail = "by a tmpfs: without root nothing else can be had";
  } else if (directory && kernel::HasProjectQuota(directory->Get())) {
    finding.detail = "by project quotas on " + place.existing;
  } else if (HasImages()) {
    finding.detail =
        "by images, where a limit is asked for: no project quotas on " + place.existing;
  } else {
    finding.health = Health::kWarning;
    finding.detail =
        "by a tmpfs: no project quotas on " + place.existing + ", and no loop devices or mke2fs(8)";
  }
  return finding;
}

// The directories whose files sandboxes show: without idmapped mounts there, not those.
std::vector<Finding> ExamineIdmaps() {
  std::vector<Finding> findings;
  const auto probe = IdmapProbe::Make();
  if (!probe) {
    Finding finding = {.feature = "idmapped mounts",
                       .detail = "not needed without root: a sandbox has the user's own ids",
                       .purpose = "files with the ids that they have on the host"};
    if (::geteuid() != 0) return {std::move(finding)};
    return {Judge(std::move(finding), Fail(probe.error()))};
  }
  for (const char* path :
       {"/", "/home", "/var/lib/docker", "/var/lib/containerd", "/var/lib/containers"}) {
    const auto exists = kernel::Exists(AT_FDCWD, path);
    if (!exists || !*exists) continue;
    const std::string type = FilesystemOf(path);
    Finding finding = {.feature = "idmapped mounts on " + std::string(path) + " (" + type + ")",
                       .detail = "can be made",
                       .purpose = "images, volumes and the host's files with their own ids",
                       .remedy = "a file system that has them: ext4, xfs, btrfs, tmpfs (Linux 6.3)",
                       .is_essential = path == std::string_view("/")};
    // An overlay has none itself; its layers are used instead.
    if (type == "overlay") finding.detail = "by the overlay's layers";
    findings.push_back(type == "overlay" ? std::move(finding)
                                         : Judge(std::move(finding), probe->Try(path)));
  }
  return findings;
}

Finding ExamineOwnRange() {
  Finding finding = {.feature = "subordinate ids of the user agentbox",
                     .purpose = "a range of ids of its own for each sandbox",
                     .remedy = "agentbox install"};
  const auto pool = FindIdPool();
  if (!pool) return Judge(std::move(finding), Fail(pool.error()));
  std::uint64_t count = 0;
  for (const IdInterval& interval : pool->intervals)
    count += (interval.end - interval.first) / plan::kIdRangeSize;
  finding.detail = std::to_string(count) + " ranges";
  if (pool->is_built_in) {
    finding.detail += ", built in: nothing keeps other programs from the same ids";
    finding.health = Health::kWarning;
  }
  return finding;
}

Finding ExamineInvokerRange() {
  const struct passwd* const entry = ::getpwuid(::getuid());
  const std::string user = entry != nullptr ? entry->pw_name : std::to_string(::getuid());
  Finding finding = {
      .feature = "subordinate ids of " + user,
      .purpose = "more than one id in sandboxes without root",
      .remedy = "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + user};
  std::uint64_t least = ~std::uint64_t{0};
  for (const char* table : {"/etc/subuid", "/etc/subgid"}) {
    std::uint64_t count = 0;
    const auto text = kernel::ReadFile(AT_FDCWD, table);
    if (text) {
      for (const abi::IdMapping& line : launch::SubordinateIds(*text, user, ::getuid()))
        count += line.count;
    }
    least = std::min(least, count);
  }
  finding.detail = least == 0 ? "none" : std::to_string(least);
  if (least < plan::kIdRangeSize && ::getuid() != 0) finding.health = Health::kWarning;
  return finding;
}

Finding ExamineMapper() {
  Finding finding = {.feature = "newuidmap(1) and newgidmap(1)",
                     .detail = "installed, with privilege",
                     .purpose = "subordinate ids without root",
                     .remedy = "apt-get install uidmap"};
  for (const char* path : {"/usr/bin/newuidmap", "/usr/bin/newgidmap"}) {
    if (kernel::HasFilePrivilege(path)) continue;
    finding.health = ::getuid() == 0 ? Health::kWarning : Health::kMissing;
    finding.detail =
        std::string(path) + " is not there, or neither set-uid root nor with capabilities";
  }
  return finding;
}

std::string ModeName(plan::CgroupMode mode) {
  switch (mode) {
    case plan::CgroupMode::kV1:
      return "v1";
    case plan::CgroupMode::kHybrid:
      return "hybrid";
    case plan::CgroupMode::kV2:
      return "v2";
  }
  return "";
}

Finding ExamineLibrary(const char* name,
                       std::string feature,
                       std::string purpose,
                       std::string remedy) {
  Finding finding = {.feature = std::move(feature),
                     .detail = name,
                     .purpose = std::move(purpose),
                     .remedy = std::move(remedy)};
  void* const library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    finding.health = Health::kWarning;
    finding.detail = std::string(name) + " is not installed";
  } else {
    ::dlclose(library);
  }
  return finding;
}

Finding ExaminePasta() {
  Finding finding = {.feature = "pasta(1)",
                     .purpose = "a network in `do` that does not reach the host's loopback",
                     .remedy = "apt-get install passt"};
  finding.detail = FindPasta();
  if (finding.detail.empty()) {
    finding.health = Health::kWarning;
    finding.detail = "not installed: `do` has no network, or the host's";
  } else if (!kernel::Open(AT_FDCWD, "/dev/net/tun", O_RDWR)) {
    finding.health = Health::kWarning;
    finding.detail += ", but /dev/net/tun can not be opened";
    finding.remedy = "modprobe tun; chmod 666 /dev/net/tun";
  }
  return finding;
}

Finding ExaminePolicy(const Runtime& runtime) {
  Finding finding = {.feature = "policy",
                     .purpose = "what sandboxes may do",
                     .remedy = "correct the file: agentbox-policy(5)",
                     .is_essential = true};
  const auto file = ReadPolicyFile(runtime);
  if (!file) return Judge(std::move(finding), Fail(file.error()));
  finding.detail = file->text.empty() ? "built in: there is no " + file->name : file->name;
  if (file->text.empty()) return finding;
  const auto policy = policy::ReadPolicy(policy::DefaultPolicy(), file->text, file->name);
  return policy ? finding : Judge(std::move(finding), Fail(policy.error()));
}

}  // namespace

std::vector<Finding> ExamineScratch(const Runtime& runtime) {
  std::vector<Finding> findings = ExamineIdmaps();
  const auto place = FindScratch(runtime);
  if (!place) {
    findings.push_back(
        Judge({.feature = "scratch directory", .purpose = "writes that are thrown away"},
              Fail(place.error())));
    return findings;
  }
  findings.push_back(ExamineOverlay(*place));
  findings.push_back(ExamineSpace(*place));
  findings.push_back(ExamineLimit(*place));
  return findings;
}

std::vector<Finding> ExamineIds() {
  // Root takes ranges of agentbox's for sandboxes, and anyone else those that are their own.
  if (::geteuid() == 0) return {ExamineOwnRange(), ExamineMapper()};
  return {ExamineInvokerRange(), ExamineMapper()};
}

std::vector<Finding> ExamineCgroups() {
  Finding finding = {.feature = "cgroups",
                     .purpose = "limits, freezing, and killing all of a sandbox",
                     .remedy =
                         "mount cgroup2 at /sys/fs/cgroup; without root: systemd's delegation "
                         "(Delegate=yes of user@.service)"};
  const auto facts = GatherHostFacts();
  if (!facts) return {Judge(std::move(finding), Fail(facts.error()))};
  const auto& controllers = facts->cgroup_controllers;
  finding.detail = ModeName(facts->cgroup_mode) + " with " +
                   (controllers.empty() ? "no controller" : Join(controllers, " "));
  for (const char* needed : {"memory", "pids", "cpu"}) {
    if (std::ranges::find(controllers, needed) == controllers.end())
      finding.health = Health::kWarning;
  }
  Finding lsm = {.feature = "AppArmor, SELinux",
                 .detail = std::string(facts->has_apparmor ? "AppArmor" : "no AppArmor") +
                           (facts->has_selinux ? ", SELinux" : ", no SELinux"),
                 .purpose = "the profiles and labels that config.json may ask for"};
  return {std::move(finding), std::move(lsm)};
}

std::vector<Finding> ExaminePrograms(const Runtime& runtime) {
  return {ExaminePolicy(runtime),
          ExaminePasta(),
          ExamineLibrary("libmount.so.1",
                         "libmount",
                         "mount tables and engines' overlays",
                         "apt-get install libmount1"),
          ExamineLibrary(
              "libsystemd.so.0", "libsystemd", "--systemd-cgroup", "apt-get install libsystemd0")};
}

}  // namespace agentbox::container
