// Our own filter, in each of its profiles: the table, and what a profile changes of it. The filter
// is generated from it; `agentbox features` and `agentbox seccomp` print it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plan/seccomp.h"
#include "plan/syscall_table.h"
#include "policy/policy.h"

namespace agentbox::plan {

// What `profile` says of a call of the table.
const SyscallGround& GroundOf(const SyscallEntry& entry, policy::Profile profile);

SeccompFilter DefaultFilter(policy::Profile profile);

// The filter of the policy's profile, and its seccomp.allow. kInvalidSpec for a name in that which
// is no system call.
Result<SeccompFilter> OwnFilter(const policy::Policy& policy);

// How many system calls of the table run in the host's kernel with any arguments (U), with limited
// ones (C), are for the sentry (S), are denied (D). Calls that are not in the table are newer than
// it and get ENOSYS.
struct SurfaceCounts {
  unsigned unlimited = 0;
  unsigned limited = 0;
  unsigned served = 0;
  unsigned denied = 0;
};
SurfaceCounts CountSurface(policy::Profile profile, Architecture architecture = kNative);

}  // namespace agentbox::plan
