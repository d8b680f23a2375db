#include "apply/memory_policy.h"

#include "kernel/scheduling.h"

namespace agentbox::apply {

Result<void> MemoryPolicy(const plan::ProcessPlan& plan) {
  if (!plan.memory_policy) return {};
  TRY_WITHIN(kernel::SetMemoryPolicy(plan.memory_policy->mode, plan.memory_policy->nodes),
             "linux.memoryPolicy");
  return {};
}

Result<void> Personality(const plan::ProcessPlan& plan) {
  if (!plan.personality) return {};
  TRY_WITHIN(kernel::SetPersonality(*plan.personality), "linux.personality");
  return {};
}

}  // namespace agentbox::apply
