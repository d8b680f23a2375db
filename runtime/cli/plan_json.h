// `agentbox plan --json`: every step of a plan, with the entry of config.json that it comes from.
#pragma once

#include <string>

#include "plan/sandbox_plan.h"
#include "policy/policy.h"

namespace agentbox::cli {

// Indented, without a newline at the end. Keys are the names of the plan's members; `origin` is as
// in messages.
std::string PlanJson(const plan::SandboxPlan& plan, const policy::Policy& policy);

}  // namespace agentbox::cli
