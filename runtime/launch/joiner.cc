#include "launch/joiner.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "abi/namespaces.h"
#include "apply/rlimits.h"
#include "apply/scheduling.h"
#include "apply/streams.h"
#include "init/identity.h"
#include "init/terminal.h"
#include "kernel/file.h"
#include "kernel/namespaces.h"
#include "kernel/prctl.h"
#include "kernel/tty.h"
#include "launch/sibling.h"

namespace agentbox::launch {

Joiner::~Joiner() {
  if (is_started_ || !process_.pidfd) return;
  const auto killed = kernel::SendSignal(process_.pidfd, SIGKILL);
  static_cast<void>(killed);
  const auto reaped = kernel::Wait(process_.pidfd);
  static_cast<void>(reaped);
}

Result<void> Joiner::Enter() {
  kernel::SocketPair sockets = TRY(kernel::PacketSocketPair());
  const UniqueFd target = TRY(request_.cgroup.CloneTarget());
  const std::vector<UniqueFd> join_files = TRY(request_.cgroup.JoinFiles());
  const Namespaces namespaces = TRY(FindNamespaces());
  apply::OwnStreams(abi::HostId(request_.maps.uids, request_.process.uid));

  const kernel::Child first = TRY(CloneInto(target));
  if (first.pid == 0) {
    sockets.one.Reset();
    EnterAndClone(namespaces, init::Channel(std::move(sockets.other)), join_files);
  }
  sockets.other.Reset();
  channel_ = init::Channel(std::move(sockets.one), &request_.log);
  process_ = TRY(ReceiveSibling(channel_, first));
  return {};
}

// Where the container has made cgroups of its own and given them controllers, its own cgroup takes
// no process (cgroup-v2.rst, "No Internal Process Constraint"): then the one that its init went to.
Result<kernel::Child> Joiner::CloneInto(const UniqueFd& target) const {
  auto child = kernel::Clone(0, target.Get());
  if (child || child.error().Errno() != EBUSY) return child;
  const UniqueFd of_init = TRY(request_.cgroup.CloneTargetOf(request_.init_pid));
  if (!of_init) return child;
  return kernel::Clone(0, of_init.Get());
}

Result<void> Joiner::Start() {
  auto released = Release();
  if (!released) {
    // The process may have ended before, of something that is still to be read.
    const int number = released.error().Errno();
    if (number == EPIPE || number == ESRCH) TRY(channel_.ExpectEnd());
    return released;
  }
  is_started_ = true;
  return {};
}

Result<void> Joiner::Release() const {
  TRY(apply::RaiseRlimits(process_.pid, request_.process.rlimits));
  TRY(apply::Scheduling(process_.pid, request_.process));
  TRY(apply::FinalCpuAffinity(process_.pid, request_.process));
  return channel_.Send(init::Message::kStart);
}

Result<Joiner::Namespaces> Joiner::FindNamespaces() const {
  const UniqueFd own_user = TRY(kernel::OpenOwnNamespace("user"));
  Namespaces namespaces;
  for (const abi::NamespaceKind& kind : abi::kNamespaceKinds) {
    const std::string file(kind.file);
    const UniqueFd own = TRY(kernel::OpenOwnNamespace(file));
    UniqueFd theirs = TRY(kernel::OpenNamespace(request_.init_pid, file));
    if (TRY(kernel::IsSameNamespace(own.Get(), theirs.Get()))) continue;
    bool is_hosts = false;
    if (kind.flag != CLONE_NEWUSER) {
      const UniqueFd owner = TRY(kernel::OwningUserNamespace(theirs.Get()));
      is_hosts = TRY(kernel::IsSameNamespace(owner.Get(), own_user.Get()));
    }
    if (is_hosts) {
      namespaces.of_host.emplace_back(kind.flag, std::move(theirs));
    } else {
      namespaces.of_container |= kind.flag;
    }
  }
  return namespaces;
}

// A pid namespace takes in only children: so a first process enters, and clones the wanted one as
// its sibling.
void Joiner::EnterAndClone(const Namespaces& namespaces,
                           init::Channel channel,
                           const std::vector<UniqueFd>& join_files) {
  auto child = CloneInside(namespaces, join_files);
  if (!child) {
    channel.SendError(child.error());
    ::_exit(1);
  }
  if (child->pid == 0) BecomeProcess(channel);
  const auto sent = channel.Send(init::Message::kJoined, {}, {child->pidfd.Get()});
  ::_exit(sent ? 0 : 1);
}

Result<kernel::Child> Joiner::CloneInside(const Namespaces& namespaces,
                                          const std::vector<UniqueFd>& join_files) const {
  // Before anything in the container can see this process (CVE-2016-9962, CVE-2019-5736).
  TRY(kernel::SetDumpable(false));
  TRY(apply::InitialCpuAffinity(0, request_.process));
  for (const UniqueFd& file : join_files) {
    TRY_WITHIN(kernel::WriteAll(file.Get(), "0"), "joining the cgroup");
  }
  // Inside the container's user namespace the right to join what the host owns is gone.
  for (const auto& [flag, fd] : namespaces.of_host)
    TRY(kernel::JoinNamespaces(fd.Get(), flag));
  TRY(kernel::JoinNamespaces(request_.init.Get(), namespaces.of_container));
  return kernel::Clone(CLONE_PARENT);
}

void Joiner::BecomeProcess(const init::Channel& channel) {
  const auto renamed = kernel::SetProcessName("agentbox:exec");
  static_cast<void>(renamed);
  const auto executable = PrepareInside();
  if (!executable) {
    channel.SendError(executable.error());
    ::_exit(1);
  }
  const auto start = channel.Expect(init::Message::kStart);
  if (!start) ::_exit(1);
  channel.SendError(init::Become(request_.process, *executable, request_.extras, channel));
  ::_exit(1);
}

Result<init::Executable> Joiner::PrepareInside() const {
  kernel::NewSession();  // as init's: the caller's terminal is none of the container's
  TRY(init::BecomeContainerRoot());
  const auto terminal = TRY(
      init::OpenTerminal(request_.process, request_.console_socket, init::ConsoleDevice::kLeft));
  if (terminal) TRY(apply::UseConsole(*terminal, request_.process.terminal_streams));
  return init::FindExecutable(request_.process);
}

}  // namespace agentbox::launch
