#include "container/events.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "cgroups/cgroup.h"
#include "cgroups/oom.h"
#include "container/dismantle.h"
#include "container/lifecycle.h"
#include "json/writer.h"
#include "kernel/spawn.h"

namespace agentbox::container {
namespace {

using Clock = std::chrono::steady_clock;

struct Locked {
  StateFile state;
  std::unique_ptr<cgroups::Cgroup> cgroup;
};

Result<Locked> OpenRunning(const Runtime& runtime, const std::string& id) {
  const StateDirectory directory = TRY(StateDirectory::OpenUnlocked(runtime.root, id));
  Locked locked;
  locked.state = TRY(directory.Read());
  const Status status = TRY(StatusOf(locked.state));
  if (status == Status::kStopped || status == Status::kCreating) {
    return Fail(Error(ErrorKind::kWrongState, "container not running"));
  }
  locked.cgroup = TRY(OpenCgroup(locked.state));
  return locked;
}

std::string OomEvent(const std::string& id) {
  json::Writer writer;
  writer.BeginObject();
  writer.Member("type", "oom");
  writer.Member("id", id);
  writer.End();
  return std::move(writer).Take() + "\n";
}

// The memory controller may be absent; then there is nothing to watch.
Result<std::optional<cgroups::OomWatcher>> OpenOomWatcher(const cgroups::Location& location) {
  auto watcher = cgroups::OomWatcher::Open(location);
  if (!watcher && watcher.error().Kind() == ErrorKind::kUnsupported) {
    return std::optional<cgroups::OomWatcher>();
  }
  return std::optional<cgroups::OomWatcher>(TRY(std::move(watcher)));
}

int MillisecondsUntil(Clock::time_point time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now()).count();
  constexpr std::int64_t kDay = 24L * 3600 * 1000;
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kDay));
}

}  // namespace

Result<std::string> ReadStatsEvent(const Runtime& runtime, const std::string& id) {
  const Locked container = TRY(OpenRunning(runtime, id));
  const cgroups::Stats stats = TRY(container.cgroup->ReadStats());
  return StatsEvent(id, stats);
}

Result<void> WatchEvents(const Runtime& runtime,
                         const std::string& id,
                         std::chrono::milliseconds interval,
                         Result<void> (*print)(std::string_view text)) {
  const Locked container = TRY(OpenRunning(runtime, id));
  const UniqueFd init = TRY(OpenInit(container.state));
  auto oom = TRY(OpenOomWatcher(container.cgroup->Where()));
  Clock::time_point next = Clock::now() + interval;
  for (;;) {
    const kernel::Readable readable =
        TRY(kernel::WaitForEither(init.Get(), oom ? oom->Get() : -1, MillisecondsUntil(next)));
    if (readable == kernel::Readable::kSecond) {
      const std::uint64_t kills = TRY(oom->Take());
      for (std::uint64_t i = 0; i < kills; ++i)
        TRY(print(OomEvent(id)));
    }
    if (readable == kernel::Readable::kFirst) return {};
    if (Clock::now() < next) continue;
    next += interval;
    const cgroups::Stats stats = TRY(container.cgroup->ReadStats());
    TRY(print(StatsEvent(id, stats)));
  }
}

}  // namespace agentbox::container
