// The scratch directory as the parts of apply/ share it: each has a directory of its own in it.
//
//   rootfs     where the root file system is mounted
//   root       its throwaway layer: upper, work, and what older kernels need attached
//   mount-N    that of the plan's mount N
//   devices    a tmpfs of device nodes
//   covers     a tmpfs with what covers denied files
#pragma once

#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/scratch.h"

namespace agentbox::apply {

// An O_PATH descriptor of it; of what MountScratch has mounted on it.
Result<UniqueFd> OpenScratch(const plan::Scratch& scratch);

}  // namespace agentbox::apply
