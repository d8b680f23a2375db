// process.rlimits.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/error.h"
#include "plan/process.h"

namespace agentbox::apply {

// Zone: open (the launcher, on init's `pid`). Raises the hard limits that are to be higher than
// they are, which only CAP_SYS_RESOURCE of the initial user namespace may; nothing else changes, so
// it can be done as soon as init is there.
Result<void> RaiseRlimits(pid_t pid, const std::vector<plan::RlimitStep>& steps);

// Zone: init, after RaiseRlimits and after all that opens files or forks. The planned limits.
Result<void> Rlimits(const std::vector<plan::RlimitStep>& steps);

}  // namespace agentbox::apply
