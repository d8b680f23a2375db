#include "apply/scheduling.h"

#include <fcntl.h>

#include <string>

#include "kernel/file.h"
#include "kernel/scheduling.h"

namespace agentbox::apply {
namespace {

Result<void> OomScore(pid_t pid, int adjustment) {
  return kernel::WriteFile(
      AT_FDCWD, "/proc/" + std::to_string(pid) + "/oom_score_adj", std::to_string(adjustment));
}

Result<void> Scheduler(pid_t pid, const plan::SchedulerStep& step) {
  return kernel::SetScheduler(pid,
                              {.policy = step.policy,
                               .flags = step.flags,
                               .nice = step.nice,
                               .priority = step.priority,
                               .runtime = step.runtime,
                               .deadline = step.deadline,
                               .period = step.period});
}

}  // namespace

Result<void> Scheduling(pid_t pid, const plan::ProcessPlan& plan) {
  if (plan.oom_score_adj) {
    TRY_WITHIN(OomScore(pid, *plan.oom_score_adj),
               plan.origin + ".oomScoreAdj (" + std::to_string(*plan.oom_score_adj) + ")");
  }
  if (plan.scheduler) TRY_WITHIN(Scheduler(pid, *plan.scheduler), plan.origin + ".scheduler");
  if (plan.io_priority) {
    TRY_WITHIN(kernel::SetIoPriority(pid, *plan.io_priority), plan.origin + ".ioPriority");
  }
  return {};
}

Result<void> InitialCpuAffinity(pid_t pid, const plan::ProcessPlan& plan) {
  if (plan.initial_cpus.empty()) return {};
  TRY_WITHIN(kernel::SetAffinity(pid, plan.initial_cpus), plan.origin + ".execCPUAffinity.initial");
  return {};
}

Result<void> FinalCpuAffinity(pid_t pid, const plan::ProcessPlan& plan) {
  if (plan.final_cpus.empty()) return {};
  TRY_WITHIN(kernel::SetAffinity(pid, plan.final_cpus), plan.origin + ".execCPUAffinity.final");
  return {};
}

}  // namespace agentbox::apply
