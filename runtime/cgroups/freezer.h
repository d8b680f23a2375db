// Stopping every process of a cgroup at once: cgroup.freeze of v2, the freezer controller of v1.
#pragma once

#include "base/error.h"

namespace agentbox::cgroups {

enum class Freezer : bool { kV1, kV2 };

// Returns when all have stopped, or with `frozen` false run again; where that takes too long, they
// are let go again and the errno is ETIMEDOUT.
Result<void> SetFrozen(int directory, Freezer freezer, bool frozen);

Result<bool> IsFrozen(int directory, Freezer freezer);

}  // namespace agentbox::cgroups
