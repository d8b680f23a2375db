// Our own filter: one table with an entry for each system call, and what a sandbox gets when it
// makes it. The filter is generated from it, `agentbox features` prints it. Pure.
#pragma once

#include "plan/seccomp.h"
#include "policy/policy.h"

namespace agentbox::plan {

SeccompFilter DefaultFilter(policy::Profile profile);

// How many system calls of the table run in the host's kernel with any arguments (U), with limited
// ones (C), are served by the sentry (S), are denied (D). Calls that are not in the table are newer
// than it and get ENOSYS.
struct SurfaceCounts {
  unsigned unlimited = 0;
  unsigned limited = 0;
  unsigned served = 0;
  unsigned denied = 0;
};
SurfaceCounts CountSurface(policy::Profile profile);

}  // namespace agentbox::plan
