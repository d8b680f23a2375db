#include "container/do_config.h"

#include <algorithm>

namespace agentbox::container {
namespace {

using Strings = std::vector<std::string>;

// What root needs to install packages, build and debug in a system of its own: Docker's set, with
// ptrace, and without raw sockets, for which the kernel's ping sockets stand in.
Strings RootCapabilities() {
  return {"CAP_AUDIT_WRITE",
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FOWNER",
          "CAP_FSETID",
          "CAP_KILL",
          "CAP_MKNOD",
          "CAP_NET_BIND_SERVICE",
          "CAP_SETFCAP",
          "CAP_SETGID",
          "CAP_SETPCAP",
          "CAP_SETUID",
          "CAP_SYS_CHROOT",
          "CAP_SYS_PTRACE"};
}

spec::Capabilities CapabilitiesOf(const Invoker& invoker, policy::Profile profile) {
  Strings all = RootCapabilities();
  if (profile == policy::Profile::kEngine) {
    for (const char* more : {"CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_ADMIN", "CAP_SYS_RESOURCE"}) {
      all.emplace_back(more);
    }
  }
  spec::Capabilities capabilities = {.bounding = all};
  if (invoker.uid == 0) {
    capabilities.effective = all;
    capabilities.permitted = all;
  }
  return capabilities;
}

bool HasId(const std::vector<abi::IdMapping>& map, std::uint32_t id) {
  return std::ranges::any_of(map, [id](const abi::IdMapping& line) {
    return id >= line.container && id - line.container < line.count;
  });
}

std::vector<spec::Mount> Mounts(bool has_tty_group) {
  Strings devpts = {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"};
  if (has_tty_group) devpts.emplace_back("gid=5");
  return {
      {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
      {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
      {"/dev/pts", "devpts", "devpts", devpts},
      // Browsers and databases need more than the 64 MiB of engines.
      {"/dev/shm", "tmpfs", "shm", {"nosuid", "nodev", "mode=1777", "size=25%"}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
      {"/run", "tmpfs", "tmpfs", {"nosuid", "nodev", "mode=755", "size=25%"}},
      {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
      {"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}},
  };
}

// As engines mask them (moby, oci/defaults.go).
Strings MaskedPaths() {
  return {"/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap"};
}

Strings ReadonlyPaths() {
  return {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
}

std::vector<spec::Namespace> Namespaces(policy::NetworkMode network) {
  std::vector<spec::Namespace> namespaces = {
      {"user"}, {"pid"}, {"ipc"}, {"uts"}, {"mount"}, {"cgroup"}};
  if (network != policy::NetworkMode::kHost) namespaces.push_back({"network"});
  return namespaces;
}

spec::Resources Resources(const DoLimits& limits) {
  spec::Resources resources;
  if (limits.memory) resources.memory = spec::Memory{.limit = limits.memory, .swap = limits.memory};
  if (limits.cpu_quota) resources.cpu = spec::Cpu{.quota = limits.cpu_quota, .period = 100'000};
  resources.pids_limit = limits.pids;
  return resources;
}

spec::Process ProcessOf(const DoProcess& process, policy::Profile profile) {
  const Invoker& invoker = process.invoker;
  return {.terminal = process.terminal,
          .console_size = process.console_size,
          .user = {.uid = invoker.uid,
                   .gid = invoker.gid,
                   .umask = process.umask,
                   .additional_gids = invoker.groups},
          .args = process.command,
          .env = process.env,
          .cwd = process.cwd,
          .capabilities = CapabilitiesOf(invoker, profile),
          // Root of the sandbox sees what root of the host sees; a user is not to become it there
          // by a set-uid program, as they can not on the host.
          .no_new_privileges = invoker.uid != 0 && profile != policy::Profile::kEngine};
}

}  // namespace

spec::Config MakeDoConfig(const DoProcess& process,
                          const DoLimits& limits,
                          const policy::Policy& policy,
                          const plan::HostFacts& facts) {
  const auto network = policy.network.value_or(policy::NetworkMode::kNone);
  spec::Linux linux_part;
  bool has_tty_group = true;
  spec::Process first = ProcessOf(process, policy.profile);
  if (!facts.in_initial_user_namespace && !HasId(facts.own_maps.uids, 0)) {
    linux_part.uid_mappings = MapsOfUser(facts.own_maps.uids, facts.euid, process.invoker.uid);
    linux_part.gid_mappings = MapsOfUser(facts.own_maps.gids, facts.egid, process.invoker.gid);
    has_tty_group = HasId(linux_part.gid_mappings, 5);
    // The host's groups have no ids there.
    first.user.additional_gids.clear();
  } else if (network == policy::NetworkMode::kPasta) {
    linux_part.sysctl["net.ipv4.ping_group_range"] = "0 65535";
  }
  linux_part.namespaces = Namespaces(network);
  linux_part.resources = Resources(limits);
  linux_part.masked_paths = MaskedPaths();
  linux_part.readonly_paths = ReadonlyPaths();
  spec::Config config;
  config.oci_version = "1.3.0";
  config.root = spec::Root{.path = "/"};
  config.hostname = process.hostname;
  config.mounts = Mounts(has_tty_group);
  config.process = std::move(first);
  config.linux_ = std::move(linux_part);
  return config;
}

std::vector<abi::IdMapping> MapsOfUser(const std::vector<abi::IdMapping>& own,
                                       std::uint32_t user,
                                       std::uint32_t self) {
  std::vector<abi::IdMapping> map = {{self, user, 1}};
  std::uint32_t next = 0;
  for (const abi::IdMapping& line : own) {
    if (line.container == user && line.count == 1) continue;
    // Up to the number that is the user's, and on after it.
    std::uint32_t first = line.container;
    std::uint32_t count = line.count;
    if (next <= self) {
      const std::uint32_t below = std::min(count, self - next);
      if (below > 0) map.push_back({next, first, below});
      next += below;
      first += below;
      count -= below;
      if (next == self) ++next;
    }
    if (count > 0) map.push_back({next, first, count});
    next += count;
  }
  return map;
}

}  // namespace agentbox::container
