#include "apply/device_nodes.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "apply/scratch_directory.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

// The tmpfs in the scratch directory; mounted at first use, in the launcher's mount namespace.
Result<UniqueFd> OpenNodes(const plan::Scratch& scratch) {
  const UniqueFd directory = TRY(OpenScratch(scratch));
  UniqueFd nodes = TRY(kernel::MakeOwnDirectory(directory.Get(), "devices", S_IRWXU));
  const UniqueFd parent = TRY(kernel::OpenBeneath(directory.Get(), ".", O_PATH | O_DIRECTORY));
  const auto on_same_mount = kernel::OpenOnMount(parent.Get(), "devices", O_PATH | O_DIRECTORY);
  if (!on_same_mount) return nodes;
  const UniqueFd tmpfs = TRY(kernel::MountFilesystem("tmpfs", {{"mode", "0700"}, {"size", "64k"}}));
  TRY(kernel::MoveMount(tmpfs, nodes));
  return kernel::OpenBeneath(directory.Get(), "devices", O_PATH | O_DIRECTORY);
}

}  // namespace

Result<void> MakeDeviceNode(int directory,
                            const std::string& name,
                            const plan::DeviceStep& node,
                            const SandboxIds& ids) {
  TRY(kernel::MakeNode(directory, name, node.mode, ::makedev(node.major, node.minor)));
  const uid_t uid = abi::OwnerId(ids.maps.uids, node.uid);
  const gid_t gid = abi::OwnerId(ids.maps.gids, node.gid);
  return kernel::SetOwnership(directory, name, uid, gid, node.mode & 07777U);
}

Result<UniqueFd> OpenHostDevice(const plan::DeviceStep& node) {
  UniqueFd file = TRY(kernel::Open(AT_FDCWD, node.path, O_PATH | O_NOFOLLOW));
  const struct stat status = TRY(kernel::Stat(file.Get()));
  if ((status.st_mode & S_IFMT) != (node.mode & S_IFMT) ||
      status.st_rdev != ::makedev(node.major, node.minor)) {
    return Fail(
        Error(ErrorKind::kRefused, "the host's " + node.path + " is not " + plan::ToString(node)));
  }
  return file;
}

Result<UniqueFd> CloneDeviceNode(const plan::DeviceStep& node,
                                 const plan::Scratch& scratch,
                                 const SandboxIds& ids) {
  const UniqueFd nodes = TRY(OpenNodes(scratch));
  const std::string name = std::to_string(TRY(kernel::ListDirectory(nodes.Get())).size());
  const auto made = MakeDeviceNode(nodes.Get(), name, node, ids);
  if (made) return kernel::CloneTree(nodes.Get(), name, /*recursive=*/false);
  if (made.error().Errno() != EPERM) return Fail(made.error());
  const UniqueFd host = TRY(OpenHostDevice(node));
  return kernel::CloneTree(host.Get(), "", /*recursive=*/false);
}

}  // namespace agentbox::apply
