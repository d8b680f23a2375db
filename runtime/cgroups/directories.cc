#include "cgroups/directories.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/strings.h"
#include "cgroups/values.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/process.h"

namespace agentbox::cgroups {
namespace {

constexpr mode_t kMode = 0755;

// A directory of the kernel's has a link for itself, one from above and one from each below.
Result<std::vector<std::string>> Children(int directory) {
  const struct stat status = TRY(kernel::Stat(directory));
  if (status.st_nlink <= 2) return std::vector<std::string>();
  return kernel::ListSubdirectories(directory);
}

// ENODEV is what files of a cgroup give that was removed while they were open.
bool IsGone(const Error& error) {
  return error.Errno() == ENOENT || error.Errno() == ENODEV;
}

// The numbers in a cgroup's file; none where it has just gone. 0 is one of another pid namespace.
Result<std::vector<pid_t>> ReadPids(int directory, const std::string& file) {
  const auto text = kernel::ReadFile(directory, file);
  std::vector<pid_t> pids;
  if (!text) {
    if (IsGone(text.error())) return pids;
    return Fail(text.error());
  }
  for (const std::string_view line : Split(*text, '\n')) {
    const auto pid = ParseNumber<pid_t>(line);
    if (pid.value_or(0) > 0) pids.push_back(*pid);
  }
  return pids;
}

// A threaded cgroup lists no processes: they may have other threads elsewhere.
Result<std::vector<pid_t>> ProcessesOfThreads(int directory) {
  std::vector<pid_t> pids;
  for (const pid_t thread : TRY(ReadPids(directory, "cgroup.threads"))) {
    const auto pid = TRY(kernel::ProcessOfThread(thread));
    if (pid) pids.push_back(*pid);
  }
  return pids;
}

Result<std::vector<pid_t>> OwnProcesses(int directory) {
  auto pids = ReadPids(directory, "cgroup.procs");
  if (!pids && pids.error().Errno() == EOPNOTSUPP) return ProcessesOfThreads(directory);
  return pids;
}

// v2 tells when the last process leaves.
Result<bool> AwaitEmptyByEvents(const UniqueFd& events, const kernel::Deadline& deadline) {
  for (;;) {
    if (TRY(ReadKeyAgain(events, "populated")) != 1) return true;
    if (!TRY(kernel::PollUntil(events.Get(), POLLPRI, deadline))) return false;
  }
}

// v1 does not, but each process tells when it ends.
Result<bool> AwaitEmptyByProcesses(int directory, const kernel::Deadline& deadline) {
  while (!deadline.HasPassed()) {
    const std::vector<pid_t> pids = TRY(OwnProcesses(directory));
    if (pids.empty()) return true;
    const auto process = kernel::OpenPidfd(pids.front());
    if (!process && process.error().Errno() != ESRCH) return Fail(process.error());
    if (process) TRY(kernel::PollUntil(process->Get(), POLLIN, deadline));
  }
  return false;
}

Result<bool> AwaitEmpty(int directory, const kernel::Deadline& deadline) {
  const auto events = kernel::Open(directory, "cgroup.events", O_RDONLY);
  if (events) return AwaitEmptyByEvents(*events, deadline);
  return AwaitEmptyByProcesses(directory, deadline);
}

Result<void> RemoveBelow(int parent, const std::string& name, const kernel::Deadline& deadline);

// What stands in the way of removing `directory`: children, and processes that have not left yet.
Result<void> Empty(int directory, const kernel::Deadline& deadline) {
  for (const std::string& child : TRY(Children(directory))) {
    TRY_WITHIN(RemoveBelow(directory, child, deadline), child);
  }
  TRY(AwaitEmpty(directory, deadline));
  return {};
}

Result<void> RemoveBelow(int parent, const std::string& name, const kernel::Deadline& deadline) {
  for (;;) {
    auto removed = kernel::RemoveDirectory(parent, name);
    if (removed || removed.error().Errno() == ENOENT) return {};
    if (removed.error().Errno() != EBUSY || deadline.HasPassed()) return removed;

    const auto directory = kernel::Open(parent, name, O_RDONLY | O_DIRECTORY);
    if (!directory && IsGone(directory.error())) return {};
    if (!directory) return Fail(directory.error());
    auto emptied = Empty(directory->Get(), deadline);
    if (!emptied && !IsGone(emptied.error())) return emptied;
    // The list of processes is empty a moment before the last of them lets go of the cgroup.
    kernel::Pause(std::chrono::microseconds(100));
  }
}

}  // namespace

MadeDirectories::~MadeDirectories() {
  // What can not be removed is found again by the recorded location.
  for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) {
    [[maybe_unused]] const auto removed = kernel::RemoveDirectory(AT_FDCWD, *path);
  }
}

Result<bool> MadeDirectories::Make(const std::string& path) {
  auto made = kernel::MakeDirectory(AT_FDCWD, path, kMode);
  if (!made && made.error().Errno() == ENOENT) {
    const auto slash = path.rfind('/');
    if (slash == 0 || slash == std::string::npos) return Fail(std::move(made).error());
    TRY(Make(path.substr(0, slash)));
    made = kernel::MakeDirectory(AT_FDCWD, path, kMode);
  }
  if (made) {
    paths_.push_back(path);
    return true;
  }
  if (made.error().Errno() == EEXIST) return false;
  return Fail(std::move(made).error());
}

Result<UniqueFd> OpenDirectory(const std::string& path) {
  return kernel::Open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
}

Result<std::vector<pid_t>> ReadProcesses(int directory) {
  std::vector<pid_t> pids = TRY(OwnProcesses(directory));
  for (const std::string& name : TRY(Children(directory))) {
    const auto child = kernel::Open(directory, name, O_RDONLY | O_DIRECTORY);
    if (!child && IsGone(child.error())) continue;
    if (!child) return Fail(child.error());
    for (const pid_t pid : TRY(ReadProcesses(child->Get())))
      pids.push_back(pid);
  }
  // A process may have threads in several of them.
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

Result<UniqueFd> FindProcess(const UniqueFd& directory, pid_t pid) {
  for (const pid_t other : TRY(OwnProcesses(directory.Get()))) {
    if (other == pid) return kernel::Open(directory.Get(), ".", O_RDONLY | O_DIRECTORY);
  }
  for (const std::string& name : TRY(Children(directory.Get()))) {
    const auto child = kernel::Open(directory.Get(), name, O_RDONLY | O_DIRECTORY);
    if (!child && IsGone(child.error())) continue;
    if (!child) return Fail(child.error());
    UniqueFd found = TRY(FindProcess(*child, pid));
    if (found) return found;
  }
  return UniqueFd();
}

Result<void> RemoveCgroup(const std::string& path, const kernel::Deadline& deadline) {
  return RemoveBelow(AT_FDCWD, path, deadline);
}

}  // namespace agentbox::cgroups
