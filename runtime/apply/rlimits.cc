#include "apply/rlimits.h"

#include <cerrno>
#include <string>

#include "kernel/scheduling.h"

namespace agentbox::apply {

Result<void> RaiseRlimits(pid_t pid, const std::vector<plan::RlimitStep>& steps) {
  for (const plan::RlimitStep& step : steps) {
    const kernel::Rlimit now = TRY_WITHIN(kernel::ReadRlimit(pid, step.resource), step.origin);
    if (step.hard <= now.hard) continue;
    TRY_WITHIN(kernel::SetRlimit(pid, step.resource, {.soft = now.soft, .hard = step.hard}),
               step.origin + " (" + step.name + ": hard limit " + std::to_string(step.hard) +
                   ", above the runtime's own " + std::to_string(now.hard) + ")");
  }
  return {};
}

Result<void> Rlimits(const std::vector<plan::RlimitStep>& steps) {
  for (const plan::RlimitStep& step : steps) {
    TRY_WITHIN(kernel::SetRlimit(0, step.resource, {.soft = step.soft, .hard = step.hard}),
               step.origin + " (" + step.name + ")");
  }
  return {};
}

}  // namespace agentbox::apply
