#include "plan/scheduling.h"

#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <sys/personality.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "abi/io_priority.h"
#include "abi/rlimits.h"
#include "base/strings.h"

namespace agentbox::plan {
namespace {

using Name = std::pair<std::string_view, unsigned>;

constexpr std::array kPolicies = {
    Name{"SCHED_OTHER", SCHED_NORMAL},
    Name{"SCHED_FIFO", SCHED_FIFO},
    Name{"SCHED_RR", SCHED_RR},
    Name{"SCHED_BATCH", SCHED_BATCH},
    Name{"SCHED_IDLE", SCHED_IDLE},
    Name{"SCHED_DEADLINE", SCHED_DEADLINE},
};

constexpr std::array kSchedulerFlags = {
    Name{"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
    Name{"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
    Name{"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
    Name{"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
    Name{"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
    Name{"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
    Name{"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
};

constexpr std::array kIoClasses = {
    Name{"IOPRIO_CLASS_RT", abi::kIoClassRealtime},
    Name{"IOPRIO_CLASS_BE", abi::kIoClassBestEffort},
    Name{"IOPRIO_CLASS_IDLE", abi::kIoClassIdle},
};

// MPOL_WEIGHTED_INTERLEAVE is of Linux 6.9, newer than the headers we build with.
constexpr unsigned kWeightedInterleave = 6;

constexpr std::array kMemoryModes = {
    Name{"MPOL_DEFAULT", MPOL_DEFAULT},
    Name{"MPOL_PREFERRED", MPOL_PREFERRED},
    Name{"MPOL_BIND", MPOL_BIND},
    Name{"MPOL_INTERLEAVE", MPOL_INTERLEAVE},
    Name{"MPOL_LOCAL", MPOL_LOCAL},
    Name{"MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY},
    Name{"MPOL_WEIGHTED_INTERLEAVE", kWeightedInterleave},
};

constexpr std::array kMemoryFlags = {
    Name{"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
    Name{"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
    Name{"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
};

tl::unexpected<Error> Invalid(const std::string& path, const std::string& what) {
  return Fail(Error(ErrorKind::kInvalidSpec, path + ": " + what));
}

template <typename Names>
Result<unsigned> Find(const Names& names, const std::string& text, const std::string& path) {
  const auto* const found = std::ranges::find(names, text, &Name::first);
  if (found != names.end()) return found->second;
  std::string known;
  for (const auto& [name, value] : names)
    known += (known.empty() ? "" : ", ") + std::string(name);
  return Invalid(path, Quoted(text) + " is not one of " + known);
}

template <typename Names>
Result<unsigned> Flags(const Names& names,
                       const std::vector<std::string>& flags,
                       const std::string& path) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    bits |= TRY(Find(names, flags[i], path + "[" + std::to_string(i) + "]"));
  }
  return bits;
}

Result<RlimitStep> PlanRlimit(const spec::Rlimit& rlimit, const std::string& path) {
  const auto number = abi::RlimitNumber(rlimit.type);
  if (!number) return Invalid(path + ".type", Quoted(rlimit.type) + " is not a resource limit");
  if (rlimit.soft > rlimit.hard) {
    return Invalid(path + ".soft", std::to_string(rlimit.soft) + " is above the hard limit");
  }
  return RlimitStep{.origin = path,
                    .resource = *number,
                    .name = rlimit.type,
                    .soft = rlimit.soft,
                    .hard = rlimit.hard};
}

// "3" or "0-3".
Result<std::pair<unsigned, unsigned>> ReadRange(std::string_view range,
                                                unsigned highest,
                                                const std::string& path) {
  const auto ends = Split(Trimmed(range), '-');
  const auto first = ParseNumber<unsigned>(ends.front());
  const auto last = ParseNumber<unsigned>(ends.back());
  if (ends.size() > 2 || !first || !last || *first > *last || *last > highest) {
    return Invalid(
        path,
        Quoted(range) + " is not a number or a range of numbers up to " + std::to_string(highest));
  }
  return std::pair(*first, *last);
}

}  // namespace

Result<std::vector<RlimitStep>> PlanRlimits(const std::vector<spec::Rlimit>& rlimits,
                                            const std::string& path) {
  std::vector<RlimitStep> steps;
  for (const spec::Rlimit& rlimit : rlimits) {
    const std::string entry = path + "[" + std::to_string(steps.size()) + "]";
    RlimitStep step = TRY(PlanRlimit(rlimit, entry));
    if (std::ranges::find(steps, step.resource, &RlimitStep::resource) != steps.end()) {
      return Invalid(entry + ".type", rlimit.type + " is there already");
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<SchedulerStep> PlanScheduler(const spec::Scheduler& scheduler, const std::string& path) {
  SchedulerStep step = {.nice = scheduler.nice,
                        .runtime = scheduler.runtime,
                        .deadline = scheduler.deadline,
                        .period = scheduler.period};
  step.policy = TRY(Find(kPolicies, scheduler.policy, path + ".policy"));
  step.flags = TRY(Flags(kSchedulerFlags, scheduler.flags, path + ".flags"));

  const bool has_priority = step.policy == SCHED_FIFO || step.policy == SCHED_RR;
  const bool has_nice = step.policy == SCHED_NORMAL || step.policy == SCHED_BATCH;
  const bool has_times = step.policy == SCHED_DEADLINE;
  if (scheduler.nice < -20 || scheduler.nice > 19) {
    return Invalid(path + ".nice", std::to_string(scheduler.nice) + " is not between -20 and 19");
  }
  if (scheduler.nice != 0 && !has_nice) {
    return Invalid(path + ".nice", "has no meaning for " + scheduler.policy);
  }
  if (scheduler.priority != 0 && !has_priority) {
    return Invalid(path + ".priority", "has no meaning for " + scheduler.policy);
  }
  if (has_priority && (scheduler.priority < 1 || scheduler.priority > 99)) {
    return Invalid(path + ".priority",
                   std::to_string(scheduler.priority) + " is not between 1 and 99");
  }
  if (!has_times && (scheduler.runtime | scheduler.deadline | scheduler.period) != 0) {
    return Invalid(path, "runtime, deadline and period have no meaning for " + scheduler.policy);
  }
  step.priority = static_cast<std::uint32_t>(scheduler.priority);
  return step;
}

Result<int> PlanIoPriority(const spec::IoPriority& priority, const std::string& path) {
  const unsigned io_class = TRY(Find(kIoClasses, priority.io_class, path + ".class"));
  if (priority.priority < 0 || priority.priority >= abi::kIoPriorityLevels) {
    return Invalid(path + ".priority",
                   std::to_string(priority.priority) + " is not between 0 and 7");
  }
  return abi::IoPriority(io_class, priority.priority);
}

Result<std::vector<unsigned>> ReadNumberList(const std::string& list,
                                             unsigned highest,
                                             const std::string& path) {
  std::vector<unsigned> numbers;
  if (list.empty()) return numbers;
  for (const std::string_view range : Split(list, ',')) {
    const auto [first, last] = TRY(ReadRange(range, highest, path));
    for (unsigned number = first; number <= last; ++number)
      numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

Result<MemoryPolicyStep> PlanMemoryPolicy(const spec::MemoryPolicy& policy,
                                          const std::string& path) {
  MemoryPolicyStep step;
  const unsigned mode = TRY(Find(kMemoryModes, policy.mode, path + ".mode"));
  const unsigned flags = TRY(Flags(kMemoryFlags, policy.flags, path + ".flags"));
  step.mode = static_cast<int>(mode | flags);
  step.nodes = TRY(ReadNumberList(policy.nodes, kHighestNode, path + ".nodes"));
  const bool takes_nodes = mode != MPOL_DEFAULT && mode != MPOL_LOCAL;
  if (!takes_nodes && !step.nodes.empty()) {
    return Invalid(path + ".nodes", "have no meaning for " + policy.mode);
  }
  // MPOL_PREFERRED without nodes is MPOL_LOCAL (set_mempolicy(2)).
  if (takes_nodes && mode != MPOL_PREFERRED && step.nodes.empty()) {
    return Invalid(path + ".nodes", policy.mode + " needs them");
  }
  return step;
}

Result<unsigned long> PlanPersonality(const spec::Personality& personality,
                                      const std::string& path) {
  if (!personality.flags.empty()) {
    return Invalid(path + ".flags[0]", "runtime-spec defines no flags");
  }
  constexpr std::array kDomains = {Name{"LINUX", PER_LINUX}, Name{"LINUX32", PER_LINUX32}};
  return TRY(Find(kDomains, personality.domain, path + ".domain"));
}

}  // namespace agentbox::plan
