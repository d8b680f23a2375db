// Whether, and being told when, the kernel kills a process of a container for want of memory.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"
#include "cgroups/cgroup.h"

namespace agentbox::cgroups {

// v1: an eventfd registered in cgroup.event_control. v2: memory.events, watched by inotify.
class OomWatcher {
 public:
  // kUnsupported where the container has no cgroup with the memory controller.
  static Result<OomWatcher> Open(const Location& location);

  // Becomes readable (POLLIN) when there may be something to Take.
  int Get() const { return signal_.Get(); }

  // How many times it happened since the last call.
  Result<std::uint64_t> Take();

 private:
  OomWatcher(bool is_v1, UniqueFd signal, UniqueFd events)
      : is_v1_(is_v1), signal_(std::move(signal)), events_(std::move(events)) {}

  Result<std::uint64_t> TakeV1();
  Result<std::uint64_t> TakeV2();

  bool is_v1_;
  UniqueFd signal_;  // the eventfd, or inotify's
  UniqueFd events_;  // memory.oom_control, or memory.events
  std::uint64_t seen_ = 0;
};

// Whether the kernel has killed a process of the cgroup for want of memory. False where nothing
// tells (no memory controller, no such cgroup).
bool HasOomKills(const Location& location);

}  // namespace agentbox::cgroups
