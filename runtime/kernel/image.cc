#include "kernel/image.h"

#include <sys/mount.h>

#include "kernel/loop.h"
#include "kernel/mount.h"

namespace agentbox::kernel {

Result<UniqueFd> MountImage(int image) {
  const LoopDevice loop = TRY(LoopDeviceOf(image));
  const NewFilesystem ext4 = TRY(NewFilesystem::Open("ext4", loop.path));
  return ext4.Mount(MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
}

}  // namespace agentbox::kernel
