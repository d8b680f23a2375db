// File systems in files.
#pragma once

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// A detached mount of the ext4 in the open file `image`, without devices and set-uid bits; the one
// file system where it is mounted elsewhere already. What its journal has is brought in first. Of
// the initial user namespace.
Result<UniqueFd> MountImage(int image);

}  // namespace agentbox::kernel
