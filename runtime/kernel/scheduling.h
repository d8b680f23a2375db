// Limits, scheduling and memory placement of a process. A `pid` of 0 is the caller.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "base/error.h"

namespace agentbox::kernel {

struct Rlimit {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

// prlimit(2). EPERM: the hard limit may be raised with CAP_SYS_RESOURCE of the *initial* user
// namespace only.
Result<Rlimit> ReadRlimit(pid_t pid, int resource);
Result<void> SetRlimit(pid_t pid, int resource, const Rlimit& limit);

// sched_setattr(2), which libc has no function for.
struct SchedulerAttributes {
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  // nanoseconds, as deadline and period
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};
Result<void> SetScheduler(pid_t pid, const SchedulerAttributes& attributes);

// ioprio_set(2): a value of abi::IoPriority.
Result<void> SetIoPriority(pid_t pid, int value);

// sched_setaffinity(2).
Result<void> SetAffinity(pid_t pid, const std::vector<unsigned>& cpus);

// set_mempolicy(2) of the caller.
Result<void> SetMemoryPolicy(int mode, const std::vector<unsigned>& nodes);

// personality(2) of the caller.
Result<void> SetPersonality(unsigned long persona);

}  // namespace agentbox::kernel
