// Init's way into its own mount namespace, and into its root file system.
#pragma once

#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/rootfs.h"

namespace agentbox::apply {

// Makes this process's own copy of the mount namespace, and in it a copy of `rootfs` (as Rootfs
// gave it, in the launcher's namespace) mounted over it, which pivot_root(2) takes: the first copy
// is locked. An O_PATH descriptor of the new one, for InitMounts, InitMaskedPaths and PivotRoot.
// The paths of the host stay reachable.
Result<UniqueFd> EnterRootfs(const UniqueFd& rootfs);

// Makes `rootfs` "/" and the working directory, and lets go of everything else of the host.
Result<void> PivotRoot(const UniqueFd& rootfs, const plan::RootfsPlan& plan);

}  // namespace agentbox::apply
