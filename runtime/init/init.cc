#include "init/init.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string>
#include <utility>

#include "abi/namespaces.h"
#include "apply/hooks.h"
#include "apply/hostname.h"
#include "apply/masked_paths.h"
#include "apply/mounts.h"
#include "apply/pivot.h"
#include "base/strings.h"
#include "init/identity.h"
#include "init/reaper.h"
#include "init/terminal.h"
#include "kernel/file.h"
#include "kernel/namespaces.h"
#include "kernel/prctl.h"
#include "kernel/signals.h"
#include "kernel/tty.h"

namespace agentbox::init {
namespace {

// Signals that end a container that waits for `start`. As the first process of its pid namespace
// init gets only those that it has a handler for (pid_namespaces(7)).
constexpr std::array kEndingSignals = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE};

// Zone: sealed.
void EndBySignal(int number) {
  ::_exit(128 + number);
}

// What Launcher::LetEnter sent: the steps by number, those that are made with an fd.
Result<std::vector<apply::PreparedMount>> ReadPrepared(kernel::Packet& packet) {
  std::vector<apply::PreparedMount> prepared;
  std::size_t next_fd = 1;  // the first is the root file system's
  for (std::string_view word : Split(packet.data, ' ')) {
    if (word.empty()) continue;
    const bool is_made = word.ends_with('+');
    if (is_made) word.remove_suffix(1);
    const auto step = ParseNumber<std::size_t>(word);
    if (!step || (is_made && next_fd >= packet.fds.size())) {
      return Fail(Error(ErrorKind::kInternal, "kMountsMade could not be read"));
    }
    prepared.push_back({*step, is_made ? std::move(packet.fds[next_fd++]) : UniqueFd()});
  }
  return prepared;
}

class Init {
 public:
  explicit Init(InitRequest request) : request_(std::move(request)), plan_(request_.plan) {}

  Result<void> Isolate();
  Result<void> WaitForStart();
  const Channel& Launcher() const { return request_.channel; }

 private:
  Result<void> MakeNamespaces();
  Result<void> EnterMountNamespace();
  Result<void> EnterTimeNamespace() const;
  Result<void> LimitNestedNamespaces();
  Result<void> RunHostHooks();
  Result<void> TakeTerminal();
  Error BecomeContainer(const Channel& starter);
  Result<void> RunContainerHooks(const std::vector<plan::HookStep>& hooks,
                                 std::string_view status) const;

  InitRequest request_;
  const plan::SandboxPlan& plan_;
  UniqueFd rootfs_;  // in our own mount namespace
  std::optional<apply::Console> terminal_;
  Executable executable_;
};

// The order of isolation. Each step's place has a reason; where it is not plain, it is given.
Result<void> Init::Isolate() {
  TRY(request_.channel.Expect(Message::kIdsMapped));
  // From here on nothing in the container may open our /proc/PID: its memory and its executable are
  // the host's (CVE-2016-9962, CVE-2019-5736). execve(2) ends it.
  TRY(kernel::SetDumpable(false));
  // The caller's session is that of the user's shell: its terminal would be /dev/tty in there, to
  // which input for the shell can be pushed (TIOCSTI), and conmon kills its own process group.
  kernel::NewSession();
  // What is made from here on belongs to the container's root.
  TRY(BecomeContainerRoot());
  TRY(MakeNamespaces());
  TRY(request_.channel.Send(Message::kNamespacesMade));

  TRY(EnterMountNamespace());
  TRY(EnterTimeNamespace());
  TRY(apply::Hostname(plan_.hostname, plan_.domainname));
  TRY(RunHostHooks());
  // In the container's namespaces, with the host's paths (runtime-spec,
  // config.md#posix-platform-hooks).
  TRY(RunContainerHooks(plan_.hooks.create_container, "creating"));
  TRY(apply::PivotRoot(rootfs_, plan_.rootfs));

  // It is of the container's devpts, and needs its /dev.
  TRY(TakeTerminal());
  executable_ = TRY(FindExecutable(plan_.process));
  TRY(request_.channel.Send(Message::kReady));
  TRY(request_.channel.Expect(Message::kCreated));
  return {};
}

Result<void> Init::MakeNamespaces() {
  // By the process itself: written by another, a join can stall for milliseconds (RCU).
  for (const UniqueFd& file : request_.join_files) {
    TRY_WITHIN(kernel::WriteAll(file.Get(), "0"), plan_.cgroup.origin + ": joining the cgroup");
  }
  request_.join_files.clear();
  // The cgroup namespace after the join, so that its root is the container's cgroup. The network
  // namespace here and not in clone3(2): it costs most, and the launcher works meanwhile.
  constexpr std::uint64_t kHere = CLONE_NEWCGROUP | CLONE_NEWNET | abi::kCloneNewTime;
  const std::uint64_t made_here = plan_.namespaces.created & kHere & ~request_.made_already;
  TRY_WITHIN(kernel::Unshare(made_here), "linux.namespaces");
  return LimitNestedNamespaces();
}

Result<void> Init::EnterMountNamespace() {
  kernel::Packet packet = TRY(request_.channel.Expect(Message::kMountsMade));
  if (packet.fds.empty()) {
    return Fail(Error(ErrorKind::kInternal, "kMountsMade without the rootfs"));
  }
  std::vector<apply::PreparedMount> prepared = TRY(ReadPrepared(packet));
  // Owned by the container's user namespace, unlike the one that it is a copy of: so the kernel
  // locks every mount in it (mount_namespaces(7)).
  rootfs_ = TRY(apply::EnterRootfs(packet.fds.front()));
  TRY(apply::InitMounts(rootfs_, plan_.mounts, prepared));
  return apply::InitMaskedPaths(rootfs_, plan_.masked_paths, plan_.mounts);
}

// unshare(2) makes it for children only, and not before Linux 6.3 does execve(2) enter it
// (time_namespaces(7)). Its clocks stand since kMountsMade.
Result<void> Init::EnterTimeNamespace() const {
  if ((plan_.namespaces.created & abi::kCloneNewTime) == 0) return {};
  const UniqueFd own = TRY(kernel::OpenOwnNamespace("time_for_children"));
  TRY_WITHIN(kernel::JoinNamespaces(own.Get(), abi::kCloneNewTime), "linux.namespaces");
  return {};
}

// Network namespaces are what most published kernel exploits need: none inside, unless the policy
// gives them. The limits are those of the writer's user namespace (namespaces(7)), whatever /proc
// it is that they are written through: the host's, which nothing of the container can have mounted
// over yet.
Result<void> Init::LimitNestedNamespaces() {
  TRY(kernel::WriteFile(
      AT_FDCWD, "/proc/sys/user/max_net_namespaces", std::to_string(plan_.max_net_namespaces)));
  return kernel::WriteFile(
      AT_FDCWD, "/proc/sys/user/max_user_namespaces", std::to_string(plan_.max_user_namespaces));
}

Result<void> Init::RunHostHooks() {
  if (plan_.hooks.prestart.empty() && plan_.hooks.create_runtime.empty()) return {};
  TRY(request_.channel.Send(Message::kReadyForHooks));
  TRY(request_.channel.Expect(Message::kHooksRan));
  return {};
}

Result<void> Init::RunContainerHooks(const std::vector<plan::HookStep>& hooks,
                                     std::string_view status) const {
  if (hooks.empty()) return {};
  return apply::RunHooks(hooks,
                         {.state = plan::HookState(plan_, status, ::getpid()), .directory = "/"});
}

Result<void> Init::TakeTerminal() {
  terminal_ = TRY(OpenTerminal(plan_.process, request_.console_socket, ConsoleDevice::kBound));
  // Of a child of ours it has to be the session's: Ctrl-C goes to the foreground process group.
  if (!terminal_ || plan_.process.is_child_of_init) return {};
  return apply::UseConsole(*terminal_, plan_.process.terminal_streams);
}

Result<void> Init::WaitForStart() {
  for (const int number : kEndingSignals)
    TRY(kernel::HandleSignal(number, EndBySignal));
  const Channel starter(TRY(kernel::Accept(request_.start_listener)));
  const auto started = starter.Expect(Message::kStart);
  if (!started) return Fail(started.error());
  request_.start_listener.Reset();

  const auto hooks = RunContainerHooks(plan_.hooks.start_container, "created");
  const Error error = hooks ? BecomeContainer(starter) : Error(hooks.error());
  starter.SendError(error);
  return Fail(error);
}

Error Init::BecomeContainer(const Channel& starter) {
  if (!plan_.process.is_child_of_init) {
    return Become(plan_.process, executable_, request_.extras, starter);
  }
  // Held back from here on for Reap, which waits for them; the child gives them their defaults.
  const auto blocked = kernel::BlockSignals();
  if (!blocked) return blocked.error();
  const auto child = kernel::Clone(0);
  if (!child) return child.error();
  if (child->pid != 0) {
    // Nothing of ours is to be held open: not the starter's socket, which the child's exec closes,
    // nor the other end of a pipe that the child may wait for.
    const auto closed = kernel::CloseAllExcept({child->pidfd.Get()});
    if (!closed) return closed.error();
    Reap(*child);
  }
  if (terminal_) {
    const auto used = apply::UseConsole(*terminal_, plan_.process.terminal_streams);
    if (!used) return used.error();
  }
  return Become(plan_.process, executable_, request_.extras, starter);
}

}  // namespace

void Run(InitRequest request) {
  const auto renamed = kernel::SetProcessName("agentbox:init");
  static_cast<void>(renamed);
  Init init(std::move(request));
  const auto isolated = init.Isolate();
  if (!isolated) {
    init.Launcher().SendError(isolated.error());
    ::_exit(1);
  }
  // Its errors have gone to `start`; without one there is nobody to tell.
  const auto started = init.WaitForStart();
  ::_exit(started ? 0 : 1);
}

}  // namespace agentbox::init
