#include "cgroups/oom.h"

#include <fcntl.h>

#include <cerrno>

#include "cgroups/directories.h"
#include "cgroups/values.h"
#include "kernel/file.h"
#include "kernel/watch.h"

namespace agentbox::cgroups {
namespace {

Error NoMemoryController() {
  return Error(ErrorKind::kUnsupported,
               "the container has no cgroup that tells when memory is out");
}

}  // namespace

Result<OomWatcher> OomWatcher::Open(const Location& location) {
  const auto v1 = location.directories.find("memory");
  if (v1 != location.directories.end()) {
    const UniqueFd directory = TRY(OpenDirectory(v1->second));
    const UniqueFd control = TRY(kernel::Open(directory.Get(), "memory.oom_control", O_RDONLY));
    UniqueFd signal = TRY(kernel::MakeEventFd());
    const std::string line = std::to_string(signal.Get()) + " " + std::to_string(control.Get());
    TRY(kernel::WriteFile(directory.Get(), "cgroup.event_control", line));
    return OomWatcher(std::move(signal), UniqueFd());
  }
  const auto v2 = location.directories.find("");
  if (v2 == location.directories.end()) return Fail(NoMemoryController());

  const UniqueFd directory = TRY(OpenDirectory(v2->second));
  auto events = kernel::Open(directory.Get(), "memory.events", O_RDONLY);
  if (!events && events.error().Errno() == ENOENT) return Fail(NoMemoryController());
  if (!events) return Fail(events.error());
  // Watched first and read then: nothing falls between.
  UniqueFd signal = TRY(kernel::WatchFile(v2->second + "/memory.events"));
  OomWatcher watcher(std::move(signal), *std::move(events));
  TRY(watcher.TakeV2());
  return watcher;
}

Result<std::uint64_t> OomWatcher::Take() {
  return events_ ? TakeV2() : TakeV1();
}

// The eventfd is also signalled once when the cgroup is removed.
Result<std::uint64_t> OomWatcher::TakeV1() {
  return kernel::ReadEventFd(signal_);
}

Result<std::uint64_t> OomWatcher::TakeV2() {
  TRY(kernel::DrainWatch(signal_));
  const auto kills = TRY(ReadKeyAgain(events_, "oom_kill"));
  if (!kills || *kills <= seen_) return 0;
  return *kills - std::exchange(seen_, *kills);
}

}  // namespace agentbox::cgroups
