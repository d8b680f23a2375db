#include "launch/launcher.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>
#include <utility>

#include "abi/namespaces.h"
#include "apply/denied_files.h"
#include "apply/devices.h"
#include "apply/masked_paths.h"
#include "apply/mounts.h"
#include "apply/rlimits.h"
#include "apply/rootfs.h"
#include "apply/scheduling.h"
#include "apply/streams.h"
#include "apply/sysctl.h"
#include "cgroups/oom.h"
#include "init/init.h"
#include "kernel/file.h"
#include "kernel/id_maps.h"
#include "kernel/mount.h"
#include "kernel/namespaces.h"
#include "kernel/netlink.h"
#include "kernel/prctl.h"
#include "kernel/procfs.h"
#include "launch/net_devices.h"
#include "launch/sibling.h"

namespace agentbox::launch {
namespace {

// Made by clone3(2) itself; the others init makes when it has joined its cgroup, or later.
constexpr std::uint64_t kMadeByClone = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;

// Of these the launcher visits init's, to set what only it may and to make what shows them.
constexpr std::uint64_t kShownByMounts = CLONE_NEWNET | CLONE_NEWIPC;  // by sysfs, mqueue
constexpr std::uint64_t kVisited = kShownByMounts | CLONE_NEWUTS;

bool JoinsHostNetwork(const JoinedNamespaces& joined) {
  return std::ranges::any_of(joined.of_host,
                             [](const OpenNamespace& one) { return one.flag == CLONE_NEWNET; });
}

// In the user namespace of an earlier container no network namespace can be made, unless its
// limits allow it (Init::LimitNestedNamespaces); raised for a moment, they would be for all in it.
// So there the launcher makes it, and the host owns it.
bool MakesNetworkBeforeJoin(const plan::SandboxPlan& plan, const JoinedNamespaces& joined) {
  return joined.user_namespace && plan.max_net_namespaces == 0 &&
         (plan.namespaces.created & CLONE_NEWNET) != 0;
}

// How far init had come when it ended without `awaited`.
std::string Phase(init::Message awaited) {
  if (awaited == init::Message::kNamespacesMade) return " before its namespaces were made";
  if (awaited == init::Message::kReadyForHooks) return " before its mounts were made";
  return " before it was ready";
}

// The highest gid that the parameter takes: it has to be mapped in the user namespace of the
// writer.
std::uint32_t LastGroup(const apply::SandboxIds& ids) {
  if (ids.in_initial_user_namespace) return std::numeric_limits<std::int32_t>::max();
  std::uint32_t last = 0;
  for (const abi::IdMapping& line : ids.maps.gids)
    last = std::max(last, line.host + (line.count - 1));
  return last;
}

// Inside, nobody has a capability over a network namespace that the host owns: what root of a
// container is used to do in its own is made free of any (ip-sysctl.rst).
Result<void> OpenToContainers(const UniqueFd& procfs, const apply::SandboxIds& ids) {
  TRY(kernel::WriteProcfs(procfs, "sys/net/ipv4/ip_unprivileged_port_start", "0"));
  return kernel::WriteProcfs(
      procfs, "sys/net/ipv4/ping_group_range", "0 " + std::to_string(LastGroup(ids)));
}

// Planned before the paths were opened, which have turned out to be the host's own: what is set in
// them would be set for the host.
Result<void> CheckSetsNothingOfHost(const plan::SandboxPlan& plan, std::uint64_t of_runtime) {
  for (const plan::SysctlStep& step : plan.sysctl) {
    if ((step.owner & of_runtime) == 0) continue;
    return Fail(Error(ErrorKind::kInvalidSpec,
                      step.origin + ": linux.namespaces names the host's own namespace for it"));
  }
  if (plan.net_devices.empty() || (of_runtime & CLONE_NEWNET) == 0) return {};
  return Fail(Error(ErrorKind::kInvalidSpec,
                    plan.net_devices.front().origin + ": linux.namespaces names the host's own "
                                                      "network namespace"));
}

bool HasHostHooks(const plan::HooksPlan& hooks) {
  return !hooks.prestart.empty() || !hooks.create_runtime.empty();
}

}  // namespace

Launcher::~Launcher() {
  if (is_released_) return;
  if (init_.pidfd) {
    // Its pid namespace, and all that it holds, goes with it.
    const auto killed = kernel::SendSignal(init_.pidfd, SIGKILL);
    static_cast<void>(killed);
    const auto reaped = kernel::Wait(init_.pidfd);
    static_cast<void>(reaped);
  }
  if (host_mounts_) {
    // What has been mounted goes with its namespace: the scratch directory can then be removed.
    const auto back = kernel::JoinNamespaces(host_mounts_.Get(), CLONE_NEWNS);
    static_cast<void>(back);
  }
}

Result<void> Launcher::CloneInit() {
  TRY(LeaveHostMounts());
  TRY(Clone());
  TRY(request_.cgroup.Adopt(init_.pid, request_.plan.cgroup));
  TRY(MapIds());
  if (request_.plan.cgroup.delegate) {
    TRY(request_.cgroup.Delegate(abi::HostId(ids_.maps.uids, 0), abi::HostId(ids_.maps.gids, 0)));
  }
  TRY(apply::RaiseRlimits(init_.pid, request_.plan.process.rlimits));
  return channel_.Send(init::Message::kIdsMapped);
}

Result<void> Launcher::LeaveHostMounts() {
  host_mounts_ = TRY(kernel::OpenOwnNamespace("mnt"));
  TRY(kernel::Unshare(CLONE_NEWNS));
  // Nothing of ours reaches the host; what the host mounts reaches volumes with the option rslave.
  return kernel::SetRootPropagation(MS_SLAVE | MS_REC);
}

Result<void> Launcher::Clone() {
  const bool joins = request_.joined.user_namespace || !request_.joined.of_host.empty();
  return joins ? CloneThroughJoin() : CloneDirectly();
}

Result<void> Launcher::CloneDirectly() {
  kernel::SocketPair sockets = TRY(kernel::PacketSocketPair());
  Membership cgroup = TRY(OpenCgroup());
  const std::uint64_t flags = request_.plan.namespaces.created & kMadeByClone;
  kernel::Child child = TRY_WITHIN(kernel::Clone(flags, cgroup.target.Get()), "linux.namespaces");
  if (child.pid == 0) {
    sockets.one.Reset();
    BecomeInit(init::Channel(std::move(sockets.other)), std::move(cgroup.join_files));
  }
  init_ = std::move(child);
  channel_ = init::Channel(std::move(sockets.one), &request_.log);
  return {};
}

// Namespaces given by path. Those of another container only a process inside their user namespace
// may enter, a pid namespace takes in only children, and from none is there a way back without
// privilege. So a first process enters, and clones init as its sibling.
Result<void> Launcher::CloneThroughJoin() {
  kernel::SocketPair sockets = TRY(kernel::PacketSocketPair());
  Membership cgroup = TRY(OpenCgroup());
  const kernel::Child first = TRY(kernel::Clone(0, cgroup.target.Get()));
  if (first.pid == 0) {
    sockets.one.Reset();
    JoinAndCloneInit(init::Channel(std::move(sockets.other)), std::move(cgroup.join_files));
  }
  sockets.other.Reset();
  channel_ = init::Channel(std::move(sockets.one), &request_.log);
  init_ = TRY(ReceiveSibling(channel_, first));
  return {};
}

void Launcher::JoinAndCloneInit(init::Channel channel, std::vector<UniqueFd> join_files) {
  auto child = JoinAndClone(join_files);
  if (!child) {
    channel.SendError(child.error());
    ::_exit(1);
  }
  if (child->pid == 0) BecomeInit(std::move(channel), {});
  const auto sent = channel.Send(init::Message::kJoined, {}, {child->pidfd.Get()});
  ::_exit(sent ? 0 : 1);
}

Result<kernel::Child> Launcher::JoinAndClone(const std::vector<UniqueFd>& join_files) {
  const bool joins_user = static_cast<bool>(request_.joined.user_namespace);
  // Before the pod's processes can see this one (CVE-2016-9962). In a new user namespace nobody
  // can, and the launcher has yet to write its maps.
  if (joins_user) TRY(kernel::SetDumpable(false));
  for (const UniqueFd& file : join_files) {
    TRY_WITHIN(kernel::WriteAll(file.Get(), "0"), "joining the cgroup");
  }
  // Inside the container's user namespace the right to join what the host owns is gone.
  for (const OpenNamespace& joined : request_.joined.of_host) {
    TRY_WITHIN(kernel::JoinNamespaces(joined.fd.Get(), joined.flag), joined.origin);
  }
  if (MakesNetworkBeforeJoin(request_.plan, request_.joined)) {
    TRY_WITHIN(kernel::Unshare(CLONE_NEWNET), "linux.namespaces: network");
  }
  std::uint64_t flags = request_.plan.namespaces.created & kMadeByClone;
  if (joins_user) {
    TRY_WITHIN(kernel::JoinNamespaces(request_.joined.user_namespace.Get(), CLONE_NEWUSER),
               "linux.namespaces: the user namespace that owns the others");
    flags &= ~std::uint64_t{CLONE_NEWUSER};
  }
  for (const OpenNamespace& joined : request_.joined.of_container) {
    TRY_WITHIN(kernel::JoinNamespaces(joined.fd.Get(), joined.flag), joined.origin);
  }
  return kernel::Clone(flags | CLONE_PARENT);
}

Result<Launcher::Membership> Launcher::OpenCgroup() {
  Membership membership;
  UniqueFd target = TRY(request_.cgroup.CloneTarget());
  membership.target = std::move(target);
  membership.join_files = TRY(request_.cgroup.JoinFiles());
  return membership;
}

void Launcher::BecomeInit(init::Channel channel, std::vector<UniqueFd> join_files) {
  // Among the rest is the state directory's, whose lock init would hold beyond the runtime's end.
  std::vector<int> kept = {channel.Get(), request_.start_listener.Get()};
  for (unsigned fd = 0; fd < 3 + request_.extras.preserve_fds; ++fd)
    kept.push_back(static_cast<int>(fd));
  if (request_.console_socket) kept.push_back(request_.console_socket.Get());
  for (const UniqueFd& file : join_files)
    kept.push_back(file.Get());
  const auto closed = kernel::CloseAllExcept(std::move(kept));
  if (!closed) {
    channel.SendError(closed.error());
    ::_exit(1);
  }
  const bool has_network = MakesNetworkBeforeJoin(request_.plan, request_.joined);
  init::Run({.plan = request_.plan,
             .made_already = has_network ? std::uint64_t{CLONE_NEWNET} : 0,
             .channel = std::move(channel),
             .start_listener = std::move(request_.start_listener),
             .console_socket = std::move(request_.console_socket),
             .join_files = std::move(join_files),
             .extras = std::move(request_.extras)});
}

Result<void> Launcher::MapIds() {
  if (request_.joined.user_namespace) {
    ids_.maps = TRY(kernel::ReadIdMaps(init_.pid));
  } else {
    ids_.maps = request_.maps;
    TRY_WITHIN(kernel::WriteIdMaps(init_.pid, ids_.maps), request_.plan.ids.origin);
  }
  user_namespace_ = TRY(kernel::OpenNamespace(init_.pid, "user"));
  ids_.user_namespace = user_namespace_.Get();
  ids_.idmap_files = request_.plan.ids.idmap_files;
  ids_.in_initial_user_namespace = request_.in_initial_user_namespace;
  return {};
}

Result<void> Launcher::MakeMounts(const apply::KeptLayers& kept) {
  const plan::SandboxPlan& plan = request_.plan;
  // The costliest step, while init makes its namespaces.
  const UniqueFd rootfs =
      TRY_WITHIN(apply::Rootfs(plan.rootfs, plan.scratch, ids_), plan.rootfs.origin);
  TRY(Await(init::Message::kNamespacesMade));
  apply::MadeMounts made = TRY(MountInNamespaces(rootfs, kept));
  TRY(apply::Devices(rootfs, plan.devices, plan.scratch, ids_));
  TRY(apply::MaskedPaths(rootfs, plan.masked_paths, plan.mounts));
  TRY(apply::DeniedFiles(rootfs, plan.masked_paths.denied, plan.scratch));
  TRY(apply::Seal(rootfs, plan.rootfs, made));
  TRY(SetClocks());
  TRY(apply::Scheduling(init_.pid, plan.process));
  apply::OwnStreams(abi::HostId(ids_.maps.uids, plan.process.uid));
  return LetEnter(rootfs, made.for_init);
}

// sysfs shows the network namespace of who mounts it, and a sysctl is set in the namespaces of who
// writes it.
Result<apply::MadeMounts> Launcher::MountInNamespaces(const UniqueFd& rootfs,
                                                      const apply::KeptLayers& kept) const {
  const plan::SandboxPlan& plan = request_.plan;
  TRY(CheckSetsNothingOfHost(plan, request_.joined.of_runtime));
  std::vector<MovedDevice> devices;
  if (!plan.net_devices.empty()) {
    const UniqueFd network = TRY(kernel::OpenNamespace(init_.pid, "net"));
    devices = TRY(MoveNetDevices(plan.net_devices, network.Get()));
  }
  const std::uint64_t wanted = plan.sysctl.empty() ? kShownByMounts : kVisited;
  const std::uint64_t shared = plan.namespaces.shared | request_.joined.of_runtime;
  const std::uint64_t visited = wanted & ~shared;
  apply::MadeMounts made;
  const auto mount = [&]() -> Result<void> {
    // As every runtime does; a network namespace begins with it down.
    if ((plan.namespaces.created & CLONE_NEWNET) != 0) TRY(kernel::SetInterfaceUp("lo"));
    TRY(ConfigureNetDevices(devices));
    const bool host_owns_network =
        JoinsHostNetwork(request_.joined) || MakesNetworkBeforeJoin(plan, request_.joined);
    if (host_owns_network || !plan.sysctl.empty()) {
      const UniqueFd procfs = TRY(kernel::OpenProcfs());
      if (host_owns_network) TRY(OpenToContainers(procfs, ids_));
      TRY(apply::Sysctl(procfs, plan.sysctl, visited, ids_.maps));
    }
    made = TRY(apply::Mounts(
        rootfs, plan.mounts, {ids_, plan.scratch, kept, request_.cgroup.Where().directories}));
    return {};
  };
  TRY(kernel::RunInNamespaces(init_.pidfd, visited, mount));
  return made;
}

// The indices of the steps that are init's, each as a decimal number, those of mounts that are made
// ending in '+'; the fds are the root file system's and these mounts'.
Result<void> Launcher::LetEnter(const UniqueFd& rootfs,
                                const std::vector<apply::PreparedMount>& prepared) const {
  std::vector<int> fds = {rootfs.Get()};
  std::string steps;
  for (const apply::PreparedMount& one : prepared) {
    steps += std::to_string(one.step) + (one.mount ? "+ " : " ");
    if (one.mount) fds.push_back(one.mount.Get());
  }
  return channel_.Send(init::Message::kMountsMade, steps, fds);
}

// Before the first process is in the time namespace, which init is only after kMountsMade; the
// kernel lets nobody inside write it without CAP_SYS_TIME over it (time_namespaces(7)).
Result<void> Launcher::SetClocks() const {
  for (const plan::ClockOffset& offset : request_.plan.namespaces.clock_offsets) {
    const std::string line = offset.clock + " " + std::to_string(offset.seconds) + " " +
                             std::to_string(offset.nanoseconds) + "\n";
    const std::string path = "/proc/" + std::to_string(init_.pid) + "/timens_offsets";
    TRY_WITHIN(kernel::WriteFile(AT_FDCWD, path, line), offset.origin);
  }
  return {};
}

Result<void> Launcher::AwaitHooks() {
  if (!HasHostHooks(request_.plan.hooks)) return {};
  return Await(init::Message::kReadyForHooks);
}

Result<void> Launcher::HooksRan() {
  if (!HasHostHooks(request_.plan.hooks)) return {};
  return channel_.Send(init::Message::kHooksRan);
}

Result<void> Launcher::AwaitReady() {
  return Await(init::Message::kReady);
}

Result<void> Launcher::Await(init::Message message) {
  auto received = channel_.Expect(message);
  if (received) return {};
  if (!init::IsPeerGone(received.error())) return Fail(std::move(received).error());
  const kernel::ExitStatus status = TRY(kernel::Wait(init_.pidfd));
  init_.pidfd.Reset();
  if (status.signal == SIGKILL && cgroups::HasOomKills(request_.cgroup.Where())) {
    return Fail(Error(ErrorKind::kSystem,
                      "linux.resources.memory: init was killed for want of memory: the limit is "
                      "below what starting a process takes"));
  }
  const std::string how = status.signal != 0
                              ? "was killed by SIG" + std::string(sigabbrev_np(status.signal))
                              : "exited with " + std::to_string(status.code);
  return Fail(Error(ErrorKind::kSystem, "init " + how + Phase(message)));
}

Result<void> Launcher::Release() {
  TRY(channel_.Send(init::Message::kCreated));
  is_released_ = true;
  mounts_ = TRY(kernel::OpenOwnNamespace("mnt"));
  return kernel::JoinNamespaces(host_mounts_.Get(), CLONE_NEWNS);
}

}  // namespace agentbox::launch
