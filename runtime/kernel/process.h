// Processes by pidfd: clone3(2), waitid(2), pidfd_send_signal(2).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// A process that this one cloned.
struct Child {
  pid_t pid = 0;   // 0: this is the child
  UniqueFd pidfd;  // in the parent
};

// clone3(2) without CLONE_VM: as fork(2), into new namespaces (`flags`: CLONE_NEW*, CLONE_PARENT)
// and, where `cgroup` is not -1, into that cgroup2 directory. The child must leave by _exit(2) or
// exec; it has one thread.
Result<Child> Clone(std::uint64_t flags, int cgroup = -1);

// How a process ended.
struct ExitStatus {
  int code = 0;    // of _exit(2), where it was not killed
  int signal = 0;  // that killed it; 0: none

  // As a shell says it: the code, or 128 + signal.
  int ShellCode() const { return signal != 0 ? 128 + signal : code; }
};

// Waits for the child to end, and reaps it.
Result<ExitStatus> Wait(const UniqueFd& pidfd);

// Waits for any process to end, without reaping it.
Result<void> AwaitEnd(const UniqueFd& pidfd);

Result<UniqueFd> OpenPidfd(pid_t pid);

// ESRCH: it has ended.
Result<void> SendSignal(const UniqueFd& pidfd, int signal);

// The pid of the process, as this process's /proc numbers it; ESRCH when it has ended.
Result<pid_t> PidOf(const UniqueFd& pidfd);

// What has ended of any child, reaped; nothing where none has (yet).
struct EndedChild {
  pid_t pid = 0;
  ExitStatus status;
};
std::optional<EndedChild> ReapEnded();

// `strings`, which have to outlive them, as arguments or environment of a program.
std::vector<char*> Pointers(const std::vector<std::string>& strings);

// Replaces this process by the program at `path`, with arguments and environment that end in a
// null: execve(2). Returns only with an error. Zone: sealed.
Error Execute(const char* path, char* const* args, char* const* env);
// The same for the program that `file` is: execveat(2).
Error ExecuteFile(const UniqueFd& file, char* const* args, char* const* env);

// execve(2) closes every fd from `first` on.
Result<void> CloseOnExecuteFrom(unsigned first);

// Closes every fd that is not in `kept`.
Result<void> CloseAllExcept(std::vector<int> kept);

// Parts of /proc/PID/stat (proc(5)).
struct ProcessStat {
  char state = '?';              // 'Z': a zombie
  std::uint64_t start_time = 0;  // clock ticks since boot
};

// Nothing where there is no such process.
Result<std::optional<ProcessStat>> ReadProcessStat(pid_t pid);

// The process that the thread `thread` is of; nothing where there is no such thread.
Result<std::optional<pid_t>> ProcessOfThread(pid_t thread);

}  // namespace agentbox::kernel
