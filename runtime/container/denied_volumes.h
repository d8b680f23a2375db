// The policy's deny rules in the volumes of a container.
#pragma once

#include "base/error.h"
#include "plan/sandbox_plan.h"
#include "policy/policy.h"

namespace agentbox::container {

// Adds to `plan` what is denied of the host's directories and files that its mounts show, as far as
// deny.volumes says so; errors as FindDenied's. Costs nothing where there is no such mount.
Result<void> DenyInVolumes(const policy::Policy& policy, plan::SandboxPlan& plan);

}  // namespace agentbox::container
