#include "apply/idmapped.h"

#include <fcntl.h>

#include <cerrno>

#include "base/strings.h"
#include "kernel/mount.h"
#include "kernel/mount_table.h"

namespace agentbox::apply {
namespace {

// A copy without what is mounted below would show what that covers: in a mount namespace that was
// copied from that of another user namespace the kernel refuses it (mount_namespaces(7)).
Error NoCopy(Error error, const std::string& path, const SandboxIds& ids) {
  if (error.Errno() != EINVAL || ids.in_initial_user_namespace) {
    return std::move(error).Within(path);
  }
  return Error(ErrorKind::kUnsupported,
               Quoted(path) +
                   " has mounts below it, which only the host's root may leave out: name a "
                   "directory without, or run as root, and not within another sandbox");
}

}  // namespace

std::string FilesystemType(int file) {
  const auto id = kernel::MountId(file);
  const auto table = kernel::ReadMountTable();
  if (!id || !table) return "an unknown file system";
  const kernel::MountEntry* const entry = kernel::FindMount(*table, *id);
  return entry != nullptr ? entry->type : "an unknown file system";
}

Error NoIdmap(Error error, int file, const std::string& path) {
  if (error.Errno() == EPERM) return std::move(error).Within(path + ", which is idmapped already");
  if (error.Errno() != EINVAL) return std::move(error).Within(path);
  return Error(
      ErrorKind::kUnsupported,
      Quoted(path) + " is on " + FilesystemType(file) +
          ", whose files this kernel can not show with the container's ids (idmapped "
          "mounts): keep it on ext4, xfs, btrfs or tmpfs (Linux 6.3), or let the engine map "
          "the ids (linux.uidMappings: userns-remap, --userns=auto)");
}

Result<UniqueFd> CloneWithIds(const UniqueFd& file,
                              const std::string& path,
                              const SandboxIds& ids) {
  auto copy = kernel::CloneTree(file.Get(), "", /*recursive=*/false);
  if (!copy) return Fail(NoCopy(std::move(copy).error(), path, ids));
  UniqueFd mount = *std::move(copy);
  if (!ids.idmap_files) return mount;
  auto mapped = kernel::SetIdmap(mount, ids.user_namespace, /*recursive=*/false);
  if (!mapped) return Fail(NoIdmap(std::move(mapped).error(), file.Get(), path));
  return mount;
}

}  // namespace agentbox::apply
