// The layers of a sandbox that are kept for review: made before it, left or removed after it.
#pragma once

#include <string>

#include "apply/mounts.h"
#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "container/state_file.h"
#include "plan/sandbox_plan.h"

namespace agentbox::container {

// Makes the layers that the plan keeps, not yet mounted, with their record, and puts their review
// into `state`. Nothing where it keeps none. `state_root` is the runtime's. kUnsupported where they
// are to be limited and this host has nothing to limit them by. Preconditions: the caller is in the
// mount namespace in which they will be mounted.
Result<apply::KeptLayers> KeepLayers(const plan::SandboxPlan& plan,
                                     const apply::SandboxIds& ids,
                                     const std::string& state_root,
                                     StateFile& state);

// Removes the layers of the review `name` that have no change, and the review if none has one; it
// stays as it is while another command works on it. No error if there is none. Preconditions:
// nothing of its sandbox runs.
Result<void> DropUnchanged(const std::string& base, const std::string& name);

}  // namespace agentbox::container
