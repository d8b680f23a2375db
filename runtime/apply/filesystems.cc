#include "apply/filesystems.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "apply/copy_up.h"
#include "apply/layers.h"
#include "apply/scratch_directory.h"
#include "apply/throwaway.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

// The option `key`, which is an id of the container's or absent for its root, as the host's.
Result<void> MapIdOption(Options& options,
                         const std::string& key,
                         const std::vector<abi::IdMapping>& map) {
  auto option = std::ranges::find(options, key, &Options::value_type::first);
  if (option == options.end()) {
    options.emplace_back(key, "0");
    option = options.end() - 1;
  }
  const auto id = ParseNumber<std::uint32_t>(option->second);
  const std::uint32_t host = id ? abi::OwnerId(map, *id) : abi::kOverflowId;
  if (!id || (host == abi::kOverflowId && *id != abi::kOverflowId)) {
    return Fail(
        Error(ErrorKind::kInvalidSpec,
              "option " + key + ": " + Quoted(option->second) + " is no id of the container"));
  }
  option->second = std::to_string(host);
  return {};
}

bool Has(const Options& options, std::string_view key) {
  return std::ranges::find(options, key, &Options::value_type::first) != options.end();
}

// What the options leave open is as of the directory that the mount covers: the mode, and of a copy
// the owner.
Result<void> Inherit(const plan::FilesystemMount& tmpfs,
                     const UniqueFd& covered,
                     const UniqueFd& mount) {
  const struct stat theirs = TRY(kernel::Stat(covered.Get()));
  const struct stat own = TRY(kernel::Stat(mount.Get()));
  const mode_t mode = (Has(tmpfs.options, "mode") ? own : theirs).st_mode & 07777U;
  const bool has_owner = Has(tmpfs.options, "uid") || Has(tmpfs.options, "gid");
  const struct stat& owner = tmpfs.copy_up && !has_owner ? theirs : own;
  return kernel::SetOwnership(mount.Get(), owner.st_uid, owner.st_gid, mode);
}

}  // namespace

Result<UniqueFd> Tmpfs(const plan::FilesystemMount& tmpfs,
                       const SandboxIds& ids,
                       const UniqueFd& covered) {
  Options options = tmpfs.options;
  TRY(MapIdOption(options, "uid", ids.maps.uids));
  TRY(MapIdOption(options, "gid", ids.maps.gids));
  UniqueFd mount = TRY(kernel::MountFilesystem(tmpfs.type, options));
  if (!covered) return mount;
  TRY(Inherit(tmpfs, covered, mount));
  if (tmpfs.copy_up) TRY_WITHIN(CopyUp(covered, mount), "tmpcopyup");
  return mount;
}

Result<UniqueFd> Mqueue(const plan::KernelMount& mqueue, const SandboxIds& ids) {
  UniqueFd mount = TRY(kernel::MountFilesystem(mqueue.type, mqueue.options));
  const struct stat root = TRY(kernel::Stat(mount.Get()));
  // Its root belongs to who made the namespace: of one that the launcher cloned init into, host
  // root.
  if (root.st_uid == 0 && ids.RootUid() != 0 && ids.in_initial_user_namespace) {
    const mode_t mode = root.st_mode & 07777U;
    TRY(kernel::SetOwnership(mount.Get(), ids.RootUid(), ids.RootGid(), mode));
  }
  return mount;
}

Result<UniqueFd> HostProc(const plan::KernelMount& proc) {
  return kernel::MountFilesystem(proc.type, proc.options);
}

Result<UniqueFd> Sysfs() {
  auto sysfs = kernel::MountFilesystem("sysfs", {});
  if (sysfs || sysfs.error().Errno() != EPERM) return sysfs;
  UniqueFd host = TRY(kernel::CloneTree(AT_FDCWD, "/sys", /*recursive=*/true));
  TRY(kernel::SetAttributes(host, {.set = MOUNT_ATTR_RDONLY}, /*recursive=*/true));
  return host;
}

Result<UniqueFd> EngineVolume(const plan::OverlayMount& overlay,
                              const std::string& name,
                              const MountContext& context) {
  const EngineOverlay layers = {
      .lower = overlay.lower, .upper = overlay.upper, .work = overlay.work};
  const UniqueFd scratch = TRY(OpenScratch(context.scratch));
  return OverlayOf(
      layers, {.scratch = scratch, .name = name, .attributes = MOUNT_ATTR_NODEV}, context.ids);
}

}  // namespace agentbox::apply
