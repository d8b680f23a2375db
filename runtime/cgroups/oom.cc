#include "cgroups/oom.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

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
    UniqueFd control = TRY(kernel::Open(directory.Get(), "memory.oom_control", O_RDONLY));
    UniqueFd signal = TRY(kernel::MakeEventFd());
    const std::string line = std::to_string(signal.Get()) + " " + std::to_string(control.Get());
    TRY(kernel::WriteFile(directory.Get(), "cgroup.event_control", line));
    return OomWatcher(/*is_v1=*/true, std::move(signal), std::move(control));
  }
  const auto v2 = location.directories.find("");
  if (v2 == location.directories.end()) return Fail(NoMemoryController());

  const UniqueFd directory = TRY(OpenDirectory(v2->second));
  auto events = kernel::Open(directory.Get(), "memory.events", O_RDONLY);
  if (!events && events.error().Errno() == ENOENT) return Fail(NoMemoryController());
  if (!events) return Fail(events.error());
  // Watched first and read then: nothing falls between.
  UniqueFd signal = TRY(kernel::WatchFile(v2->second + "/memory.events"));
  OomWatcher watcher(/*is_v1=*/false, std::move(signal), *std::move(events));
  TRY(watcher.TakeV2());
  return watcher;
}

Result<std::uint64_t> OomWatcher::Take() {
  return is_v1_ ? TakeV1() : TakeV2();
}

// Not the difference of oom_kill in memory.oom_control: the signal comes before the kill. It also
// comes when the cgroup is removed, which is no want of memory.
Result<std::uint64_t> OomWatcher::TakeV1() {
  const std::uint64_t count = TRY(kernel::ReadEventFd(signal_));
  if (!TRY(ReadKeyAgain(events_, "under_oom"))) return 0;
  return count;
}

Result<std::uint64_t> OomWatcher::TakeV2() {
  TRY(kernel::DrainWatch(signal_));
  const auto kills = TRY(ReadKeyAgain(events_, "oom_kill"));
  if (!kills || *kills <= seen_) return 0;
  return *kills - std::exchange(seen_, *kills);
}

bool HasOomKills(const Location& location) {
  for (const auto& [controller, file] : {std::pair("memory", "/memory.oom_control"),  //
                                         std::pair("", "/memory.events")}) {
    const auto found = location.directories.find(controller);
    if (found == location.directories.end()) continue;
    const auto events = kernel::Open(AT_FDCWD, found->second + file, O_RDONLY);
    if (!events) continue;
    const auto kills = ReadKeyAgain(*events, "oom_kill");
    if (kills && *kills && **kills > 0) return true;
  }
  return false;
}

}  // namespace agentbox::cgroups
