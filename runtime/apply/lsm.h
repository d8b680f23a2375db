// The AppArmor profile or SELinux label that the container's process gets at execve(2). Zone: init.
#pragma once

#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/process.h"

namespace agentbox::apply {

// If one is planned; through `procfs` of kernel::OpenProcfs, opened in the container's pid
// namespace. After no_new_privs AppArmor may refuse a transition, so before it.
Result<void> ExecLabel(const UniqueFd& procfs, const plan::ProcessPlan& plan);

}  // namespace agentbox::apply
