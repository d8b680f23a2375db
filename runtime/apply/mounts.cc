#include "apply/mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>
#include <variant>

#include "apply/binds.h"
#include "apply/cgroup_mounts.h"
#include "apply/destination.h"
#include "apply/filesystems.h"
#include "apply/lower.h"
#include "apply/scratch_directory.h"
#include "apply/throwaway.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/path.h"
#include "kernel/user.h"

namespace agentbox::apply {
namespace {

// Kinds of propagation that a copy of the mount namespace of another owner turns into MS_SLAVE, or
// does not copy at all: init sets them.
constexpr std::uint64_t kSetByInit = MS_SHARED | MS_UNBINDABLE;

Result<void> SetAttributes(const UniqueFd& mount, const plan::MountStep& step) {
  if (!step.attributes_below.IsEmpty()) {
    TRY(kernel::SetAttributes(mount, step.attributes_below, /*recursive=*/true));
  }
  if (step.attributes.IsEmpty()) return {};
  return kernel::SetAttributes(mount, step.attributes, /*recursive=*/false);
}

// As asked, of what the launcher can set; a bind that asks for nothing is private, so that the
// host's later mounts do not appear in it.
Result<void> SetPropagation(const UniqueFd& mount, const plan::MountStep& step) {
  if (step.propagation == 0) return kernel::SetPropagation(mount, MS_PRIVATE | MS_REC);
  if ((step.propagation & (kSetByInit | MS_SLAVE)) != 0) return {};
  return kernel::SetPropagation(mount, step.propagation);
}

bool IsReadOnly(const plan::MountStep& step) {
  return (step.attributes.set & MOUNT_ATTR_RDONLY) != 0;
}

plan::MountStep Writable(plan::MountStep step) {
  step.attributes.set &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
  step.attributes_below.set &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
  return step;
}

std::string Describe(const plan::MountStep& step) {
  return step.origin + " (" + plan::ToString(step) + ")";
}

// Mounts the directory on itself. A mount point can be neither renamed nor removed, in no mount
// namespace that has it, and no copy of what is above it is to be had without it. Before anything
// else is mounted below.
Result<void> Hold(const UniqueFd& mount, const std::string& path) {
  const auto directory = kernel::OpenBeneath(mount.Get(), path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  const bool is_gone =
      !directory && (directory.error().Errno() == ENOENT || directory.error().Errno() == ENOTDIR);
  if (is_gone) return {};
  if (!directory) return Fail(Error(directory.error()));
  const UniqueFd copy = TRY(kernel::CloneTree(directory->Get(), "", /*recursive=*/true));
  return kernel::MoveMount(copy, *directory);
}

class Mounter {
 public:
  Mounter(const UniqueFd& rootfs,
          const std::vector<plan::MountStep>& steps,
          const MountContext& context)
      : rootfs_(rootfs), steps_(steps), context_(context) {}

  Result<MadeMounts> MakeAll() {
    TRY(AttachImage());
    for (const plan::MountStep& step : steps_) {
      const auto made = std::visit([&](const auto& what) { return Make(step, what); }, step.what);
      if (!made) return Fail(Error(made.error()).Within(Describe(step)));
    }
    return std::move(made_);
  }

 private:
  // In this mount namespace alone.
  Result<void> AttachImage() const {
    if (!context_.kept.image) return {};
    const UniqueFd target =
        TRY(kernel::Open(AT_FDCWD, context_.kept.directory, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    return kernel::MoveMount(context_.kept.image, target);
  }

  std::size_t IndexOf(const plan::MountStep& step) const {
    return static_cast<std::size_t>(&step - steps_.data());
  }

  Result<void> Make(const plan::MountStep& step, const plan::BindMount& bind) {
    const auto symlink = TRY(SymlinkToCopy(bind));
    if (symlink) return MakeSymlink(step, *symlink);
    Bound bound = TRY(Bind(bind, step, context_));
    TRY(SetPropagation(bound.mount, step));
    for (const Submount& below : bound.below)
      TRY(SetPropagation(below.mount, step));
    if (IsLeftToInit(step) && !bound.below.empty()) {
      return Fail(Error(ErrorKind::kUnsupported,
                        "mounts below the source can not be taken along to this destination"));
    }
    const UniqueFd mount = TRY(Attach(step, std::move(bound.mount)));
    for (const Submount& below : bound.below) {
      const UniqueFd target = TRY(kernel::OpenBeneath(mount.Get(), below.path, O_PATH));
      TRY_WITHIN(kernel::MoveMount(below.mount, target), below.path);
    }
    for (const std::string& path : bind.held)
      TRY_WITHIN(Hold(mount, path), path);
    return {};
  }

  Result<void> Make(const plan::MountStep& step, const plan::ThrowawayMount& throwaway) {
    const bool is_kept = !throwaway.kept_as.empty();
    Lower thrown_away;
    if (!is_kept) thrown_away = TRY(OpenLower(throwaway.source));
    // What the record names, wherever the source may lead by now.
    const Lower& lower = is_kept ? context_.kept.lowers.at(throwaway.kept_as) : thrown_away;
    const UniqueFd scratch = TRY(is_kept ? OpenKept(throwaway) : OpenScratch(context_.scratch));
    const ThrowawayRequest request = {.source = lower.directory,
                                      .path = lower.path,
                                      .scratch = scratch,
                                      .name = "mount-" + std::to_string(IndexOf(step)),
                                      .omissions = {throwaway.hidden, throwaway.emptied, {}},
                                      .attributes = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID,
                                      .file = lower.file};
    UniqueFd mount = TRY((is_kept ? UnderLayer : Throwaway)(request, context_.ids));
    TRY(SetAttributes(mount, step));
    TRY(Attach(step, std::move(mount)));
    return {};
  }

  Result<UniqueFd> OpenKept(const plan::ThrowawayMount& kept) const {
    return kernel::Open(
        AT_FDCWD, context_.kept.directory + "/" + kept.kept_as, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  }

  Result<void> Make(const plan::MountStep& step, const plan::FilesystemMount& tmpfs) {
    auto covered = kernel::OpenInRoot(rootfs_, step.destination, O_PATH | O_DIRECTORY);
    if (!covered && covered.error().Errno() != ENOENT) return Fail(std::move(covered).error());
    if (!covered) covered = UniqueFd();
    UniqueFd mount = TRY(Tmpfs(tmpfs, context_.ids, *covered));
    return AttachToBeFilled(step, std::move(mount));
  }

  Result<void> Make(const plan::MountStep& step, const plan::OverlayMount& overlay) {
    const std::string name = "mount-" + std::to_string(IndexOf(step));
    UniqueFd mount = TRY(EngineVolume(overlay, name, context_));
    TRY(SetAttributes(mount, step));
    TRY(Attach(step, std::move(mount)));
    return {};
  }

  Result<void> Make(const plan::MountStep& step, const plan::KernelMount& kernel) {
    if (!plan::IsMadeByInit(step)) {
      UniqueFd mount = kernel.of_host ? TRY(HostProc(kernel)) : TRY(Mqueue(kernel, context_.ids));
      TRY(SetAttributes(mount, step));
      TRY(Attach(step, std::move(mount)));
      return {};
    }
    if (!IsLeftToInit(step)) {
      DropCovered(step);
      // The mount point is the launcher's to make: the root may be read-only when init comes.
      TRY(Destination(rootfs_, step.destination, DestinationKind::kDirectory, context_.ids));
    }
    made_.for_init.push_back({.step = IndexOf(step), .mount = UniqueFd()});
    return {};
  }

  Result<void> Make(const plan::MountStep& step, const plan::SysfsMount& /*sysfs*/) {
    UniqueFd mount = TRY(Sysfs());
    TRY(SetAttributes(mount, step));
    TRY(Attach(step, std::move(mount)));
    return {};
  }

  Result<void> Make(const plan::MountStep& step, const plan::CgroupMount& /*cgroup*/) {
    // A container without a cgroup of its own (rootless) finds an empty directory, and nothing of
    // the runtime's.
    if (IsUnified(context_.cgroups)) {
      UniqueFd mount = TRY(CloneCgroup(context_.cgroups.begin()->second));
      TRY(SetAttributes(mount, step));
      TRY(SetPropagation(mount, {}));
      TRY(Attach(step, std::move(mount)));
      return {};
    }
    return MakeHierarchies(step);
  }

  Result<void> MakeHierarchies(const plan::MountStep& step) {
    const std::vector<CgroupHierarchy> hierarchies = Hierarchies(context_.cgroups);
    UniqueFd root = TRY(MakeCgroupRoot(hierarchies, context_.ids));
    if (IsLeftToInit(step)) {
      return Fail(
          Error(ErrorKind::kUnsupported, "cgroup v1 can not be mounted at this destination"));
    }
    TRY(SetAttributes(root, Writable(step)));
    const UniqueFd attached = TRY(Attach(step, std::move(root)));
    for (const CgroupHierarchy& hierarchy : hierarchies) {
      const UniqueFd mount = TRY(CloneCgroup(hierarchy.directory));
      TRY(SetAttributes(mount, step));
      TRY(SetPropagation(mount, {}));
      const UniqueFd target = TRY(kernel::OpenBeneath(attached.Get(), hierarchy.name, O_PATH));
      TRY_WITHIN(kernel::MoveMount(mount, target), hierarchy.name);
    }
    if (IsReadOnly(step)) {
      TRY(kernel::SetAttributes(attached, {.set = MOUNT_ATTR_RDONLY}, /*recursive=*/false));
    }
    return {};
  }

  Result<void> MakeSymlink(const plan::MountStep& step, const std::string& target) const {
    const Entry entry = TRY(DestinationEntry(rootfs_, step.destination, context_.ids));
    const uid_t uid = context_.ids.RootUid();
    const gid_t gid = context_.ids.RootGid();
    const kernel::FileIds as_root = TRY(kernel::FileIds::Become(uid, gid));
    return kernel::MakeSymlink(target, entry.directory.Get(), entry.name);
  }

  // At or below what init makes: the launcher would mount under it.
  bool IsLeftToInit(const plan::MountStep& step) const {
    return std::ranges::any_of(made_.for_init, [&](const PreparedMount& prepared) {
      return plan::IsAtOrBelow(step.destination, steps_[prepared.step].destination);
    });
  }

  // What init was to make below the destination of a later step could not be seen.
  void DropCovered(const plan::MountStep& step) {
    std::erase_if(made_.for_init, [&](const PreparedMount& prepared) {
      return plan::IsAtOrBelow(steps_[prepared.step].destination, step.destination);
    });
  }

  // Attaches it, or leaves that to init: the mount then is empty.
  Result<UniqueFd> Attach(const plan::MountStep& step, UniqueFd mount) {
    if (IsLeftToInit(step)) {
      made_.for_init.push_back({.step = IndexOf(step), .mount = std::move(mount)});
      return UniqueFd();
    }
    DropCovered(step);
    const struct stat status = TRY(kernel::Stat(mount.Get()));
    const auto kind =
        S_ISDIR(status.st_mode) ? DestinationKind::kDirectory : DestinationKind::kFile;
    const auto& find = step.destination_nofollow ? DestinationNofollow : Destination;
    const UniqueFd target = TRY(find(rootfs_, step.destination, kind, context_.ids));
    TRY(kernel::MoveMount(mount, target));
    return mount;
  }

  // A new file system, in which mount points and nodes are still to be made: read-only by Seal.
  Result<void> AttachToBeFilled(const plan::MountStep& step, UniqueFd mount) {
    const bool is_read_only = IsReadOnly(step) && !IsLeftToInit(step);
    TRY(SetAttributes(mount, is_read_only ? Writable(step) : step));
    UniqueFd attached = TRY(Attach(step, std::move(mount)));
    if (is_read_only) made_.to_seal.push_back(std::move(attached));
    return {};
  }

  const UniqueFd& rootfs_;
  const std::vector<plan::MountStep>& steps_;
  const MountContext& context_;
  MadeMounts made_;
};

// Of what init is left with: what shows its own namespaces it makes, the rest is complete.
Result<void> MakeInInit(const UniqueFd& rootfs,
                        const plan::MountStep& step,
                        const UniqueFd& prepared) {
  const UniqueFd target = TRY(kernel::OpenInRoot(
      rootfs, step.destination, O_PATH | (step.destination_nofollow ? O_NOFOLLOW : 0)));
  if (prepared) return kernel::MoveMount(prepared, target);
  const auto& kernel_mount = std::get<plan::KernelMount>(step.what);
  const UniqueFd mount = TRY(kernel::MountFilesystem(kernel_mount.type, kernel_mount.options));
  TRY(SetAttributes(mount, step));
  return kernel::MoveMount(mount, target);
}

}  // namespace

Result<MadeMounts> Mounts(const UniqueFd& rootfs,
                          const std::vector<plan::MountStep>& steps,
                          const MountContext& context) {
  return Mounter(rootfs, steps, context).MakeAll();
}

Result<void> Seal(const UniqueFd& rootfs, const plan::RootfsPlan& plan, const MadeMounts& made) {
  constexpr abi::MountAttributes kReadOnly = {.set = MOUNT_ATTR_RDONLY};
  for (const UniqueFd& mount : made.to_seal) {
    TRY(kernel::SetAttributes(mount, kReadOnly, /*recursive=*/false));
  }
  if (!plan.readonly) return {};
  TRY_WITHIN(kernel::SetAttributes(rootfs, kReadOnly, /*recursive=*/false), "root.readonly");
  return {};
}

Result<void> InitMounts(const UniqueFd& rootfs,
                        const std::vector<plan::MountStep>& steps,
                        const std::vector<PreparedMount>& prepared) {
  for (const PreparedMount& one : prepared) {
    const plan::MountStep& step = steps[one.step];
    TRY_WITHIN(MakeInInit(rootfs, step, one.mount), Describe(step));
  }
  for (const plan::MountStep& step : steps) {
    if ((step.propagation & kSetByInit) == 0) continue;
    const UniqueFd mount = TRY(kernel::OpenInRoot(rootfs, step.destination, O_PATH));
    TRY_WITHIN(kernel::SetPropagation(mount, step.propagation), Describe(step));
  }
  return {};
}

}  // namespace agentbox::apply
