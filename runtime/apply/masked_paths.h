// Hides paths of the container, or makes them read-only. After every mount: a mask is the topmost.
#pragma once

#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/masked_paths.h"
#include "plan/mounts.h"

namespace agentbox::apply {

// The launcher's part: all but what lies at or below a mount that init makes. Init's copy of the
// mount namespace has these locked.
Result<void> MaskedPaths(const UniqueFd& rootfs,
                         const plan::MaskedPathsPlan& plan,
                         const std::vector<plan::MountStep>& steps);

// Init's part, after InitMounts: what lies below proc and the like. Where anything of proc is
// masked a second, whole one is kept where no path leads, for without one the kernel refuses proc
// mounts in deeper user namespaces (mount_too_revealing() in fs/namespace.c).
Result<void> InitMaskedPaths(const UniqueFd& rootfs,
                             const plan::MaskedPathsPlan& plan,
                             const std::vector<plan::MountStep>& steps);

}  // namespace agentbox::apply
