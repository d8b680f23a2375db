// Which directories of a sandbox are not to be renamed, for what is denied in them.
#pragma once

#include "base/error.h"
#include "plan/sandbox_plan.h"

namespace agentbox::container {

// A cover goes with the directories above it wherever a sandbox renames them, but in its own mount
// alone: a whiteout in a layer over the same directory stays behind, and so does the cover when
// what is above it is moved to where another mount begins. Where the mounts of `plan`, which is
// otherwise complete, allow that, the directories above what is covered become plan::BindMount's
// `held`. Looks at the host's mounts only if something is covered below one.
Result<void> HoldDirectories(plan::SandboxPlan& plan);

}  // namespace agentbox::container
