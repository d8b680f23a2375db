// Limits and scheduling of the container's process: names to the kernel's numbers. Pure.
//
// Every function gives kInvalidSpec, naming the field below `path`, for a name or value that the
// kernel does not have and for fields that contradict each other.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "plan/process.h"
#include "spec/config.h"

namespace agentbox::plan {

Result<std::vector<RlimitStep>> PlanRlimits(const std::vector<spec::Rlimit>& rlimits,
                                            const std::string& path);

// Nice values are for SCHED_OTHER and SCHED_BATCH, priorities for SCHED_FIFO and SCHED_RR, times
// for SCHED_DEADLINE (sched(7)).
Result<SchedulerStep> PlanScheduler(const spec::Scheduler& scheduler, const std::string& path);

// The value of ioprio_set(2).
Result<int> PlanIoPriority(const spec::IoPriority& priority, const std::string& path);

// The numbers of a list such as "0-3,7" (cpuset(7), "List format"), none above `highest`.
Result<std::vector<unsigned>> ReadNumberList(const std::string& list,
                                             unsigned highest,
                                             const std::string& path);

// Processors and memory nodes that a kernel may be built for (NR_CPUS, MAX_NUMNODES).
constexpr unsigned kHighestCpu = 8191;
constexpr unsigned kHighestNode = 1023;

Result<MemoryPolicyStep> PlanMemoryPolicy(const spec::MemoryPolicy& policy,
                                          const std::string& path);

// linux.personality: LINUX or LINUX32; runtime-spec defines no flags.
Result<unsigned long> PlanPersonality(const spec::Personality& personality,
                                      const std::string& path);

}  // namespace agentbox::plan
