#include "apply/devices.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "apply/destination.h"
#include "apply/device_nodes.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

// The container's /dev, which the image does not lead elsewhere, and whose nodes are no file of
// anybody else's.
Result<UniqueFd> OpenDev(const UniqueFd& rootfs) {
  UniqueFd dev = TRY(kernel::OpenInRoot(rootfs, "/dev", O_PATH | O_DIRECTORY | O_NOFOLLOW));
  if (TRY(kernel::FilesystemMagic(dev.Get())) != TMPFS_MAGIC) {
    return Fail(Error(ErrorKind::kRefused, "/dev of the container is not a tmpfs"));
  }
  return dev;
}

// "/dev/net/tun" as "net/tun"; empty for what is not in /dev.
std::string NameInDev(const std::string& path) {
  constexpr std::string_view kPrefix = "/dev/";
  return path.starts_with(kPrefix) ? path.substr(kPrefix.size()) : std::string();
}

// An engine's own bind of the node is there already, or an image's file.
bool IsThere(const Result<void>& made) {
  return !made && made.error().Errno() == EEXIST;
}

class DeviceMaker {
 public:
  DeviceMaker(const UniqueFd& rootfs, const plan::Scratch& scratch, const SandboxIds& ids)
      : rootfs_(rootfs), scratch_(scratch), ids_(ids) {}

  Result<void> MakeNode(const UniqueFd& dev, const plan::DeviceStep& node) const {
    const std::string name = NameInDev(node.path);
    if (name.empty()) return BindNode(node);
    const Entry entry = TRY(DestinationEntry(dev, "/" + name, ids_));
    auto made = MakeDeviceNode(entry.directory.Get(), entry.name, node, ids_);
    if (made || IsThere(made)) return {};
    if (made.error().Errno() == EPERM) return BindNode(node);
    return made;
  }

  Result<void> MakeLink(const UniqueFd& dev, const plan::SymlinkStep& link) const {
    const Entry entry = TRY(DestinationEntry(dev, "/" + NameInDev(link.path), ids_));
    const int directory = entry.directory.Get();
    auto made = kernel::MakeSymlink(link.target, directory, entry.name);
    if (IsThere(made)) return {};
    if (!made) return made;
    return kernel::SetOwnership(directory, entry.name, ids_.RootUid(), ids_.RootGid(), 0);
  }

 private:
  Result<void> BindNode(const plan::DeviceStep& node) const {
    const UniqueFd mount = TRY(CloneDeviceNode(node, scratch_, ids_));
    const UniqueFd target = TRY(Destination(rootfs_, node.path, DestinationKind::kFile, ids_));
    return kernel::MoveMount(mount, target);
  }

  const UniqueFd& rootfs_;
  const plan::Scratch& scratch_;
  const SandboxIds& ids_;
};

}  // namespace

Result<void> Devices(const UniqueFd& rootfs,
                     const plan::DevicesPlan& plan,
                     const plan::Scratch& scratch,
                     const SandboxIds& ids) {
  if (plan.nodes.empty() && plan.links.empty()) return {};
  const UniqueFd dev = TRY_WITHIN(OpenDev(rootfs), "default devices");
  const DeviceMaker maker(rootfs, scratch, ids);
  for (const plan::DeviceStep& node : plan.nodes) {
    TRY_WITHIN(maker.MakeNode(dev, node), node.origin + " (" + plan::ToString(node) + ")");
  }
  for (const plan::SymlinkStep& link : plan.links) {
    TRY_WITHIN(maker.MakeLink(dev, link), "default devices (" + link.path + ")");
  }
  return {};
}

}  // namespace agentbox::apply
