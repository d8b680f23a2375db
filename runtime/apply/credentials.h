// The user that the container's process is. Zone: init.
#pragma once

#include "base/error.h"
#include "plan/process.h"

namespace agentbox::apply {

// Supplementary groups, gid, uid and umask of the plan; permitted capabilities are kept until
// Capabilities (apply/capabilities.h) sets the planned ones. An id that the user namespace does not
// map is named in the error. The process is not dumpable afterwards until SetDumpable or execve(2).
Result<void> User(const plan::ProcessPlan& plan);

}  // namespace agentbox::apply
