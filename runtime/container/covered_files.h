// What covers of denied files are worth where a sandbox can make mounts of its own.
#pragma once

#include "base/error.h"
#include "plan/sandbox_plan.h"
#include "policy/policy.h"

namespace agentbox::container {

// A cover is of one mount, and of a mount namespace: in one of its own a sandbox can mount the
// directory a second time, let go of all other mounts, rename the file, which is no mount point
// there (rename(2): EBUSY), and read it. Where something is covered in a directory of the host's
// that `plan`, which is otherwise complete, lets it write to, it gets no user namespaces to do that
// in, unless the policy itself gives them (limits.userNamespaces); a warning where it has
// CAP_SYS_ADMIN.
Result<void> KeepCovers(const policy::Policy& policy, plan::SandboxPlan& plan);

}  // namespace agentbox::container
