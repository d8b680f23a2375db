#include "launch/reentry.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/strings.h"
#include "init/channel.h"
#include "kernel/capabilities.h"
#include "kernel/file.h"
#include "kernel/namespaces.h"
#include "kernel/process.h"
#include "kernel/spawn.h"
#include "launch/sealed_self.h"

namespace agentbox::launch {
namespace {

struct User {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

User Invoker() {
  User user = {.uid = ::getuid(), .gid = ::getgid()};
  const struct passwd* const entry = ::getpwuid(user.uid);
  if (entry != nullptr) user.name = entry->pw_name;
  return user;
}

// The table's ranges; empty where there is no such file.
std::vector<abi::IdMapping> ReadTable(const std::string& path, const User& user) {
  const auto text = kernel::ReadFile(AT_FDCWD, path);
  if (!text) return {};
  return SubordinateIds(*text, user.name, user.uid);
}

// The own id, and the subordinate ones, each under its own number.
std::vector<abi::IdMapping> SameNumbers(std::uint32_t own,
                                        const std::vector<abi::IdMapping>& subordinate) {
  std::vector<abi::IdMapping> map = {{own, own, 1}};
  for (const abi::IdMapping& range : subordinate)
    map.push_back({range.host, range.host, range.count});
  return map;
}

Result<void> RunMapper(const std::string& program,
                       pid_t pid,
                       const std::vector<abi::IdMapping>& map) {
  std::vector<std::string> args = {program, std::to_string(pid)};
  for (const abi::IdMapping& line : map) {
    for (const std::uint32_t number : {line.container, line.host, line.count}) {
      args.push_back(std::to_string(number));
    }
  }
  const std::string path = "/usr/bin/" + program;
  auto child = kernel::Spawn(
      {.path = path, .args = args, .errors = STDERR_FILENO, .dies_with_parent = false});
  if (!child && !TRY(kernel::Exists(AT_FDCWD, path))) {
    return Fail(
        Error(ErrorKind::kUnsupported, program + "(1) is not installed: apt-get install uidmap"));
  }
  if (!child) return Fail(std::move(child).error().Within("running " + path));
  const kernel::ExitStatus status = TRY(kernel::Wait(child->pidfd));
  if (status.ShellCode() == 0) return {};
  return Fail(Error(
      ErrorKind::kUnsupported,
      program + "(1) did not map the ids: it exited with " + std::to_string(status.ShellCode())));
}

// A map of the own id alone needs no privilege, once supplementary groups are given up for good
// (user_namespaces(7)).
Result<void> MapOwnId(pid_t pid, const User& user) {
  const std::string process = "/proc/" + std::to_string(pid);
  const auto line = [](std::uint32_t id) {
    return std::to_string(id) + " " + std::to_string(id) + " 1\n";
  };
  TRY(kernel::WriteFile(AT_FDCWD, process + "/setgroups", "deny"));
  TRY(kernel::WriteFile(AT_FDCWD, process + "/uid_map", line(user.uid)));
  return kernel::WriteFile(AT_FDCWD, process + "/gid_map", line(user.gid));
}

Result<void> MapIds(pid_t pid, const User& user) {
  const auto uids = ReadTable("/etc/subuid", user);
  const auto gids = ReadTable("/etc/subgid", user);
  if (uids.empty() || gids.empty()) return MapOwnId(pid, user);
  TRY(RunMapper("newuidmap", pid, SameNumbers(user.uid, uids)));
  return RunMapper("newgidmap", pid, SameNumbers(user.gid, gids));
}

// The helper: outside of the new user namespace, where newuidmap(1) has its privilege.
[[noreturn]] void ServeMaps(pid_t pid, const User& user, const init::Channel& channel) {
  const auto ready = channel.Expect(init::Message::kNamespacesMade);
  if (!ready) ::_exit(1);
  const auto mapped = MapIds(pid, user);
  if (!mapped) {
    channel.SendError(mapped.error());
    ::_exit(1);
  }
  const auto told = channel.Send(init::Message::kIdsMapped);
  ::_exit(told ? 0 : 1);
}

Result<void> EnterUserNamespace() {
  kernel::SocketPair sockets = TRY(kernel::PacketSocketPair());
  const User user = Invoker();
  const pid_t self = ::getpid();
  const kernel::Child helper = TRY(kernel::Clone(0));
  if (helper.pid == 0) {
    sockets.one.Reset();
    ServeMaps(self, user, init::Channel(std::move(sockets.other)));
  }
  sockets.other.Reset();
  const init::Channel channel(std::move(sockets.one));
  const auto unshared = kernel::Unshare(CLONE_NEWUSER | CLONE_NEWNS);
  if (!unshared) {
    return Fail(
        Error(unshared.error())
            .Within("user namespaces are needed to run without root; `agentbox doctor` says "
                    "what forbids them"));
  }
  TRY(channel.Send(init::Message::kNamespacesMade));
  TRY(channel.Expect(init::Message::kIdsMapped));
  TRY(kernel::Wait(helper.pidfd));
  return {};
}

Result<bool> HasPrivilege() {
  const kernel::ThreadCapabilities capabilities = TRY(kernel::ReadCapabilities());
  return (capabilities.effective & (1ULL << CAP_SYS_ADMIN)) != 0;
}

Result<void> MakeCapabilitiesAmbient() {
  kernel::ThreadCapabilities capabilities = TRY(kernel::ReadCapabilities());
  capabilities.inheritable = capabilities.permitted;
  TRY(kernel::SetCapabilities(capabilities));
  for (unsigned capability = 0; capability < 64; ++capability) {
    if ((capabilities.permitted >> capability & 1U) == 0) continue;
    TRY(kernel::RaiseAmbientCapability(capability));
  }
  return {};
}

}  // namespace

std::vector<abi::IdMapping> SubordinateIds(std::string_view table,
                                           std::string_view user,
                                           std::uint32_t uid) {
  std::vector<abi::IdMapping> ranges;
  for (const std::string_view line : Split(table, '\n')) {
    const auto fields = Split(line, ':');
    if (fields.size() != 3 || fields[0].empty()) continue;
    if (fields[0] != user && fields[0] != std::to_string(uid)) continue;
    const auto first = ParseNumber<std::uint32_t>(fields[1]);
    const auto count = ParseNumber<std::uint32_t>(fields[2]);
    if (first && count && *count > 0) ranges.push_back({0, *first, *count});
  }
  return ranges;
}

Result<void> WithPrivilege(const std::function<Result<void>()>& work) {
  const bool has_privilege = TRY(HasPrivilege());
  if (has_privilege) return work();
  kernel::SocketPair sockets = TRY(kernel::PacketSocketPair());
  const kernel::Child child = TRY(kernel::Clone(0));
  if (child.pid == 0) {
    sockets.one.Reset();
    const init::Channel channel(std::move(sockets.other));
    const auto entered = EnterUserNamespace();
    const auto done = entered ? work() : entered;
    if (!done) channel.SendError(done.error());
    ::_exit(done ? 0 : 1);
  }
  sockets.other.Reset();
  const init::Channel channel(std::move(sockets.one));
  auto ended = channel.ExpectEnd();
  TRY(kernel::Wait(child.pidfd));
  if (!ended) return Fail(std::move(ended).error());
  return {};
}

Result<void> EnsurePrivilege(const std::vector<char*>& args) {
  const bool has_privilege = TRY(HasPrivilege());
  if (has_privilege) return {};
  const UniqueFd self = TRY(SealSelf());
  TRY(EnterUserNamespace());
  // execve(2) of a user that is not root keeps only ambient capabilities (capabilities(7)).
  TRY(MakeCapabilitiesAmbient());
  return ExecSealed(self, args);
}

}  // namespace agentbox::launch
