// What `events` prints of a container: what it has used, and when the kernel
// killed a process of it for want of memory. One JSON object a line, with
// runc's members.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"
#include "cgroups/stats.h"
#include "container/container.h"

namespace agentbox::container {

// The event that tells of `stats`, with a newline.
std::string StatsEvent(const std::string& id, const cgroups::Stats& stats);

// What the container has used until now, as an event.
Result<std::string> ReadStatsEvent(const Runtime& runtime, const std::string& id);

// Hands events to `print` until the container ends: its stats in each interval,
// and {"type":"oom"}. kWrongState if it does not run.
Result<void> WatchEvents(const Runtime& runtime,
                         const std::string& id,
                         std::chrono::milliseconds interval,
                         Result<void> (*print)(std::string_view text));

}  // namespace agentbox::container
