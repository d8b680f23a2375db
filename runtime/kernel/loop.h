// Files as block devices (loop(4)).
#pragma once

#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

struct LoopDevice {
  std::string path;  // "/dev/loop3"
  UniqueFd device;
};

// A free loop device, with the open file `file` behind it. It is freed by the kernel when the last
// who has it open, or mounted, lets go of it (LO_FLAGS_AUTOCLEAR): however those end. Of the
// initial user namespace; Linux 5.8.
Result<LoopDevice> AttachLoopDevice(int file);

// The loop device that has the file behind it already, or else a new one: two devices of one file
// would each write what the other knows nothing of.
Result<LoopDevice> LoopDeviceOf(int file);

}  // namespace agentbox::kernel
