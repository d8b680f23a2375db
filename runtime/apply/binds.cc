#include "apply/binds.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "apply/device_nodes.h"
#include "apply/idmapped.h"
#include "apply/mapping_namespace.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/mount_table.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

constexpr std::uint64_t kMqueueMagic = 0x19800202;  // ipc/mqueue.c

// Interfaces of the kernel: what they show has no owner that a map could be for.
constexpr std::array<std::uint64_t, 15> kKernelFilesystems = {PROC_SUPER_MAGIC,
                                                              SYSFS_MAGIC,
                                                              CGROUP_SUPER_MAGIC,
                                                              CGROUP2_SUPER_MAGIC,
                                                              DEBUGFS_MAGIC,
                                                              TRACEFS_MAGIC,
                                                              SECURITYFS_MAGIC,
                                                              PSTOREFS_MAGIC,
                                                              BPF_FS_MAGIC,
                                                              DEVPTS_SUPER_MAGIC,
                                                              EFIVARFS_MAGIC,
                                                              SELINUX_MAGIC,
                                                              NSFS_MAGIC,
                                                              HUGETLBFS_MAGIC,
                                                              kMqueueMagic};

bool IsReadOnly(const plan::MountStep& step) {
  return ((step.attributes.set | step.attributes_below.set) & MOUNT_ATTR_RDONLY) != 0;
}

Result<bool> MayKeepIds(int file, bool is_read_only) {
  if (is_read_only) return true;
  const std::uint64_t magic = TRY(kernel::FilesystemMagic(file));
  return magic == TMPFS_MAGIC ||
         std::ranges::find(kKernelFilesystems, magic) != kKernelFilesystems.end();
}

Result<UniqueFd> OpenSource(const plan::BindMount& bind) {
  const int flags = O_PATH | (bind.source_nofollow ? O_NOFOLLOW : 0);
  return kernel::Open(AT_FDCWD, bind.source, flags);
}

// The `host` ids of `maps`, which count in the container, as the host's.
std::vector<abi::IdMapping> ToHost(std::vector<abi::IdMapping> map,
                                   const std::vector<abi::IdMapping>& container) {
  for (abi::IdMapping& line : map)
    line.host = abi::HostId(container, line.host);
  return map;
}

// The user namespace that the mount's ids go by; -1 for none, `own` keeps a new one.
Result<int> FindIdNamespace(const plan::BindMount& bind, const SandboxIds& ids, UniqueFd& own) {
  if (!bind.idmap) return ids.idmap_files ? ids.user_namespace : -1;
  if (bind.idmap->maps.IsEmpty()) return ids.user_namespace;
  abi::IdMaps maps = bind.idmap->maps;
  // An engine that gave the container no ids of its own takes those in the container for the
  // host's.
  if (bind.idmap->is_relative || ids.idmap_files) {
    maps.uids = ToHost(std::move(maps.uids), ids.maps.uids);
    maps.gids = ToHost(std::move(maps.gids), ids.maps.gids);
  }
  UniqueFd made = TRY_WITHIN(MakeMappingNamespace(maps), "idmap");
  own = std::move(made);
  return own.Get();
}

Result<void> SetStepAttributes(const UniqueFd& mount, const plan::MountStep& step) {
  if (!step.attributes_below.IsEmpty()) {
    TRY(kernel::SetAttributes(mount, step.attributes_below, /*recursive=*/true));
  }
  if (!step.attributes.IsEmpty()) {
    TRY(kernel::SetAttributes(mount, step.attributes, /*recursive=*/false));
  }
  return {};
}

// A submount of a volume, on its own.
Result<UniqueFd> CloneSubmount(const std::string& path,
                               int user_namespace,
                               const plan::MountStep& step) {
  const UniqueFd file = TRY(kernel::Open(AT_FDCWD, path, O_PATH | O_NOFOLLOW));
  UniqueFd mount = TRY(kernel::CloneTree(file.Get(), "", /*recursive=*/false));
  if (user_namespace >= 0) {
    auto mapped = kernel::SetIdmap(mount, user_namespace, /*recursive=*/false);
    const bool is_read_only = (step.attributes_below.set & MOUNT_ATTR_RDONLY) != 0;
    if (!mapped && !TRY(MayKeepIds(file.Get(), is_read_only))) {
      return Fail(
          NoIdmap(std::move(mapped).error(), file.Get(), path)
              .Within("a mount below the source (the option bind instead of rbind leaves it out)"));
    }
  }
  TRY(kernel::SetAttributes(mount, step.attributes_below, /*recursive=*/false));
  return mount;
}

// The mounts below `source` that can be seen, topmost of each place last.
Result<std::vector<std::string>> SubmountPaths(const UniqueFd& source) {
  const std::string top = TRY(kernel::PathOf(source.Get()));
  std::vector<std::string> paths;
  for (const kernel::MountEntry& entry : TRY(kernel::ReadMountTable())) {
    if (entry.target == top || !plan::IsAtOrBelow(entry.target, top)) continue;
    // A later mount covers those below it, and at its own place.
    std::erase_if(
        paths, [&entry](const std::string& path) { return plan::IsAtOrBelow(path, entry.target); });
    paths.push_back(entry.target);
  }
  return paths;
}

// Each mount by itself, since one that has no idmapped mounts spoils a whole tree.
Result<Bound> BindOneByOne(const plan::BindMount& bind,
                           const plan::MountStep& step,
                           const UniqueFd& source,
                           int user_namespace) {
  Bound bound;
  bound.mount = TRY(kernel::CloneTree(source.Get(), "", /*recursive=*/false));
  auto mapped = kernel::SetIdmap(bound.mount, user_namespace, /*recursive=*/false);
  if (!mapped && !TRY(MayKeepIds(source.Get(), IsReadOnly(step)))) {
    return Fail(NoIdmap(std::move(mapped).error(), source.Get(), bind.source));
  }
  if (!bind.recursive) return bound;
  const std::string top = TRY(kernel::PathOf(source.Get()));
  const bool is_below_mapped = !bind.idmap || bind.idmap->recursive;
  for (const std::string& path : TRY(SubmountPaths(source))) {
    const std::string below = path.substr(top == "/" ? 1 : top.size() + 1);
    UniqueFd mount = TRY(CloneSubmount(path, is_below_mapped ? user_namespace : -1, step));
    bound.below.push_back({.path = below, .mount = std::move(mount)});
  }
  return bound;
}

Result<Bound> BindTree(const plan::BindMount& bind,
                       const plan::MountStep& step,
                       const UniqueFd& source,
                       int user_namespace) {
  Bound bound;
  bound.mount = TRY(kernel::CloneTree(source.Get(), "", bind.recursive));
  if (user_namespace < 0) return bound;
  const bool is_below_mapped = bind.recursive && (!bind.idmap || bind.idmap->recursive);
  auto mapped = kernel::SetIdmap(bound.mount, user_namespace, is_below_mapped);
  if (mapped) return bound;
  if (mapped.error().Errno() != EINVAL && mapped.error().Errno() != EPERM) {
    return Fail(std::move(mapped).error());
  }
  return BindOneByOne(bind, step, source, user_namespace);
}

// A node that every container has is one of our own; the host's others are not the container's.
Result<Bound> BindDevice(const plan::BindMount& bind,
                         const struct stat& status,
                         const MountContext& context) {
  const plan::DeviceStep node = {.path = bind.source,
                                 .mode = (status.st_mode & S_IFMT) | 0666U,
                                 .major = major(status.st_rdev),
                                 .minor = minor(status.st_rdev)};
  const bool is_default = S_ISCHR(status.st_mode) && plan::IsDefaultDevice(node.major, node.minor);
  if (!is_default && !bind.allow_device) {
    return Fail(
        Error(ErrorKind::kRefused,
              "the host's device " + Quoted(bind.source) +
                  " is not one of a container's own; the policy's devices.allow may name it"));
  }
  Bound bound;
  bound.mount = TRY(CloneDeviceNode(node, context.scratch, context.ids));
  return bound;
}

}  // namespace

Result<std::optional<std::string>> SymlinkToCopy(const plan::BindMount& bind) {
  if (!bind.copy_symlink) return std::nullopt;
  auto target = kernel::ReadLink(AT_FDCWD, bind.source);
  if (target) return *std::move(target);
  if (target.error().Errno() == EINVAL) return std::nullopt;
  return Fail(std::move(target).error());
}

Result<Bound> Bind(const plan::BindMount& bind,
                   const plan::MountStep& step,
                   const MountContext& context) {
  const UniqueFd source = TRY(OpenSource(bind));
  const struct stat status = TRY(kernel::Stat(source.Get()));
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
    return BindDevice(bind, status, context);
  }
  UniqueFd own_namespace;
  const int user_namespace = TRY(FindIdNamespace(bind, context.ids, own_namespace));
  Bound bound = TRY(BindTree(bind, step, source, user_namespace));
  // While it is detached: at no moment is it visible without them.
  TRY(SetStepAttributes(bound.mount, step));
  return bound;
}

}  // namespace agentbox::apply
