// linux.memoryPolicy and linux.personality, which a process can only set for itself. Zone: init.
#pragma once

#include "base/error.h"
#include "plan/process.h"

namespace agentbox::apply {

// set_mempolicy(2), if planned. After the cgroups are joined: cpuset restricts the nodes.
Result<void> MemoryPolicy(const plan::ProcessPlan& plan);

// personality(2), if planned. It stays over execve(2).
Result<void> Personality(const plan::ProcessPlan& plan);

}  // namespace agentbox::apply
