// Scheduling and the OOM killer's view of the container's process. Zone: open: the launcher does
// all of this on init's `pid`, because the kernel asks for capabilities of the initial user
// namespace (CAP_SYS_NICE: real-time policies, lower nice values; CAP_SYS_RESOURCE: lower OOM
// scores), and a process in a user namespace of its own may at most make its own place worse.
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "plan/process.h"

namespace agentbox::apply {

// oom_score_adj, scheduler, ioPriority: each if planned. After init has joined its cgroups, since
// some policies depend on them.
Result<void> Scheduling(pid_t pid, const plan::ProcessPlan& plan);

// process.execCPUAffinity, for `exec` alone (config.md#linux-process): initial before the process
// joins its cgroup, final after.
Result<void> InitialCpuAffinity(pid_t pid, const plan::ProcessPlan& plan);
Result<void> FinalCpuAffinity(pid_t pid, const plan::ProcessPlan& plan);

}  // namespace agentbox::apply
