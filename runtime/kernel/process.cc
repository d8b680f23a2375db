#include "kernel/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "kernel/file.h"

namespace agentbox::kernel {
namespace {

ExitStatus StatusOf(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {.code = info.si_status};
  return {.signal = info.si_status};
}

}  // namespace

Result<Child> Clone(std::uint64_t flags, int cgroup) {
  int pidfd = -1;
  struct clone_args args = {};
  args.flags = flags | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  // With CLONE_PARENT the parent's own signal is used, and clone3(2) wants none.
  if ((flags & CLONE_PARENT) == 0) args.exit_signal = SIGCHLD;
  if (cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  // glibc has no clone3(3); without CLONE_VM a plain system call is as safe as fork(2) with one
  // thread.
  const auto pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid < 0 && errno == ENOSYS) {
    // Every kernel that is supported has it.
    return Fail(Error::FromErrno().Within(
        "clone3(2), which a filter of system calls refuses here: agentbox does not run in a "
        "sandbox, or in a container with a profile that is older than the call"));
  }
  if (pid < 0) return Fail(Error::FromErrno().Within("clone3(2)"));
  return Child{static_cast<pid_t>(pid), UniqueFd(pidfd)};
}

Result<ExitStatus> Wait(const UniqueFd& pidfd) {
  siginfo_t info = {};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.Get()), &info, WEXITED) < 0) {
    if (errno != EINTR) return Fail(Error::FromErrno().Within("waitid(2)"));
  }
  return StatusOf(info);
}

Result<void> AwaitEnd(const UniqueFd& pidfd) {
  struct pollfd wanted = {.fd = pidfd.Get(), .events = POLLIN};
  while (::poll(&wanted, 1, -1) < 0) {
    if (errno != EINTR) return Fail(Error::FromErrno().Within("poll(2)"));
  }
  return {};
}

std::optional<EndedChild> ReapEnded() {
  siginfo_t info = {};
  if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0) return std::nullopt;
  return EndedChild{info.si_pid, StatusOf(info)};
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  // execve(2) does not write to them.
  for (const std::string& text : strings)
    pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Error Execute(const char* path, char* const* args, char* const* env) {
  ::execve(path, args, env);
  return Error::FromErrno().Within("exec " + Quoted(path));
}

Error ExecuteFile(const UniqueFd& file, char* const* args, char* const* env) {
  ::execveat(file.Get(), "", args, env, AT_EMPTY_PATH);
  return Error::FromErrno().Within("execveat(2)");
}

Result<void> CloseOnExecuteFrom(unsigned first) {
  if (::close_range(first, ~0U, CLOSE_RANGE_CLOEXEC) < 0) {
    return Fail(Error::FromErrno().Within("close_range(2)"));
  }
  return {};
}

Result<void> CloseAllExcept(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned first = 0;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number > first && ::close_range(first, number - 1, 0) < 0) {
      return Fail(Error::FromErrno().Within("close_range(2)"));
    }
    first = std::max(first, number + 1);
  }
  if (::close_range(first, ~0U, 0) < 0) return Fail(Error::FromErrno().Within("close_range(2)"));
  return {};
}

Result<UniqueFd> OpenPidfd(pid_t pid) {
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    return Fail(Error::FromErrno().Within("pidfd_open(2) of " + std::to_string(pid)));
  }
  return pidfd;
}

Result<void> SendSignal(const UniqueFd& pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd.Get(), signal, nullptr, 0) < 0) {
    return Fail(Error::FromErrno().Within("pidfd_send_signal(2) of " + std::to_string(signal)));
  }
  return {};
}

Result<pid_t> PidOf(const UniqueFd& pidfd) {
  const std::string path = "/proc/self/fdinfo/" + std::to_string(pidfd.Get());
  const std::string text = TRY(ReadFile(AT_FDCWD, path));
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.starts_with("Pid:")) continue;
    const auto pid = ParseNumber<pid_t>(Trimmed(line.substr(4)));
    if (pid && *pid > 0) return *pid;
  }
  return Fail(Error::FromErrno(ESRCH).Within(path));
}

Result<std::optional<ProcessStat>> ReadProcessStat(pid_t pid) {
  const auto text = ReadFile(AT_FDCWD, "/proc/" + std::to_string(pid) + "/stat");
  if (!text) {
    const int number = text.error().Errno();
    if (number == ENOENT || number == ESRCH) return std::optional<ProcessStat>();
    return Fail(text.error());
  }
  // The second field is the name in parentheses, and may hold any character.
  const auto name_end = text->rfind(')');
  if (name_end == std::string::npos || name_end + 2 > text->size()) {
    return Fail(Error(ErrorKind::kInternal, "/proc/PID/stat could not be read"));
  }
  const auto fields = Split(std::string_view(*text).substr(name_end + 2), ' ');
  constexpr std::size_t kState = 0;       // field 3 of proc(5)
  constexpr std::size_t kStartTime = 19;  // field 22
  if (fields.size() <= kStartTime || fields[kState].empty()) {
    return Fail(Error(ErrorKind::kInternal, "/proc/PID/stat could not be read"));
  }
  const auto start_time = ParseNumber<std::uint64_t>(fields[kStartTime]);
  return ProcessStat{fields[kState].front(), start_time.value_or(0)};
}

Result<std::optional<pid_t>> ProcessOfThread(pid_t thread) {
  const auto text = ReadFile(AT_FDCWD, "/proc/" + std::to_string(thread) + "/status");
  if (!text) {
    const int number = text.error().Errno();
    if (number == ENOENT || number == ESRCH) return std::optional<pid_t>();
    return Fail(text.error());
  }
  constexpr std::string_view kKey = "Tgid:";
  for (const std::string_view line : Split(*text, '\n')) {
    if (line.starts_with(kKey)) return ParseNumber<pid_t>(Trimmed(line.substr(kKey.size())));
  }
  return Fail(Error(ErrorKind::kInternal, "/proc/PID/status could not be read"));
}

}  // namespace agentbox::kernel
