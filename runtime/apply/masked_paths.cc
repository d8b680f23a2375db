#include "apply/masked_paths.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

#include "apply/device_nodes.h"
#include "kernel/mount.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

constexpr std::uint32_t kNullMajor = 1;  // Documentation/admin-guide/devices.txt
constexpr std::uint32_t kNullMinor = 3;

// Whose turn it is: each path is one part's, by where its mount is made.
enum class Part : std::uint8_t { kLauncher, kInit };

// A directory of every proc that nobody in a container can read, for when none that is there is
// masked.
constexpr const char* kHidingPlace = "/proc/tty/driver";

constexpr std::uint64_t kEmptyAttributes =
    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

Result<UniqueFd> MountEmpty() {
  return kernel::MountFilesystem(
      "tmpfs", {{"mode", "0555"}, {"size", "4k"}, {"nr_inodes", "1"}}, kEmptyAttributes);
}

// The host's, checked to be what it should: in the container anything may be at that path
// (CVE-2025-31133).
Result<UniqueFd> CloneNullDevice() {
  const UniqueFd null = TRY(OpenHostDevice(
      {.path = "/dev/null", .mode = S_IFCHR, .major = kNullMajor, .minor = kNullMinor}));
  return kernel::CloneTree(null.Get(), "", /*recursive=*/false);
}

Result<void> IgnoreAbsent(const Error& error) {
  if (error.Errno() == ENOENT || error.Errno() == ENOTDIR) return {};
  return Fail(error);
}

class Masks {
 public:
  Masks(const UniqueFd& rootfs, const std::vector<plan::MountStep>& steps, Part part)
      : rootfs_(rootfs), steps_(steps), part_(part) {}

  Result<void> Apply(const plan::MaskedPathsPlan& plan) {
    for (const plan::MaskedPath& path : plan.read_only) {
      if (IsOurs(path.path)) TRY_WITHIN(MakeReadOnly(path.path), Describe(path));
    }
    for (const plan::MaskedPath& path : plan.masked) {
      if (IsOurs(path.path)) TRY_WITHIN(Mask(path.path), Describe(path));
    }
    return {};
  }

  // Keeps a copy of /proc as it is now where no path leads, if anything in it is to be covered: in
  // a tmpfs that is covered by an empty directory, at a path that is masked anyway, if there is
  // one. Not of the host's processes, whose /proc the launcher has masked.
  Result<void> KeepWholeProc(const plan::MaskedPathsPlan& plan) const {
    if (!IsOurs("/proc")) return {};
    const auto proc = kernel::OpenInRoot(rootfs_, "/proc", O_PATH | O_DIRECTORY);
    if (!proc || !CoversPartOfProc(plan)) return {};
    if (TRY(kernel::FilesystemMagic(proc->Get())) != PROC_SUPER_MAGIC) return {};
    const UniqueFd place = TRY(FindHidingPlace(plan.masked));
    if (!place) return {};

    const UniqueFd whole = TRY(kernel::CloneTree(proc->Get(), "", /*recursive=*/false));
    const UniqueFd holder =
        TRY(kernel::MountFilesystem("tmpfs", {{"mode", "0555"}, {"size", "4k"}}));
    TRY(kernel::MoveMount(holder, place));
    const UniqueFd inner = TRY(kernel::MakeOwnDirectory(holder.Get(), "proc", S_IRWXU));
    TRY(kernel::MoveMount(whole, inner));
    TRY(kernel::SetAttributes(holder, {.set = kEmptyAttributes}, /*recursive=*/false));
    const UniqueFd cover = TRY(MountEmpty());
    return kernel::MoveMount(cover, holder);
  }

 private:
  static std::string Describe(const plan::MaskedPath& path) {
    return path.origin + " (" + path.path + ")";
  }

  bool IsOurs(const std::string& path) const {
    const bool is_inits = std::ranges::any_of(steps_, [&path](const plan::MountStep& step) {
      return plan::IsMadeByInit(step) && plan::IsAtOrBelow(path, step.destination);
    });
    return is_inits == (part_ == Part::kInit);
  }

  static bool CoversPartOfProc(const plan::MaskedPathsPlan& plan) {
    const auto is_in_proc = [](const plan::MaskedPath& path) {
      return plan::IsAtOrBelow(path.path, "/proc");
    };
    return std::ranges::any_of(plan.masked, is_in_proc) ||
           std::ranges::any_of(plan.read_only, is_in_proc);
  }

  // Empty where there is none.
  Result<UniqueFd> FindHidingPlace(const std::vector<plan::MaskedPath>& masked) const {
    for (const plan::MaskedPath& path : masked) {
      if (!plan::IsAtOrBelow(path.path, "/proc")) continue;
      auto directory = kernel::OpenInRoot(rootfs_, path.path, O_PATH | O_DIRECTORY);
      if (directory) return directory;
    }
    auto directory = kernel::OpenInRoot(rootfs_, kHidingPlace, O_PATH | O_DIRECTORY);
    if (!directory && directory.error().Errno() == ENOENT) return UniqueFd();
    return directory;
  }

  Result<void> Mask(const std::string& path) {
    const auto target = kernel::OpenInRoot(rootfs_, path, O_PATH);
    if (!target) return IgnoreAbsent(target.error());
    const struct stat status = TRY(kernel::Stat(target->Get()));
    UniqueFd& cover = S_ISDIR(status.st_mode) ? empty_ : null_;
    // The first of each kind is made, the others are copies of its mount, which cost less.
    if (cover) {
      const UniqueFd copy = TRY(kernel::CloneTree(cover.Get(), "", /*recursive=*/false));
      return kernel::MoveMount(copy, *target);
    }
    UniqueFd made = TRY(S_ISDIR(status.st_mode) ? MountEmpty() : CloneNullDevice());
    TRY(kernel::MoveMount(made, *target));
    cover = std::move(made);
    return {};
  }

  Result<void> MakeReadOnly(const std::string& path) const {
    const auto target = kernel::OpenInRoot(rootfs_, path, O_PATH);
    if (!target) return IgnoreAbsent(target.error());
    const UniqueFd copy = TRY(kernel::CloneTree(target->Get(), "", /*recursive=*/true));
    TRY(kernel::SetAttributes(copy, {.set = MOUNT_ATTR_RDONLY}, /*recursive=*/true));
    return kernel::MoveMount(copy, *target);
  }

  const UniqueFd& rootfs_;
  const std::vector<plan::MountStep>& steps_;
  Part part_;
  UniqueFd empty_;  // attached masks, of which there can be copies
  UniqueFd null_;
};

}  // namespace

Result<void> MaskedPaths(const UniqueFd& rootfs,
                         const plan::MaskedPathsPlan& plan,
                         const std::vector<plan::MountStep>& steps) {
  return Masks(rootfs, steps, Part::kLauncher).Apply(plan);
}

Result<void> InitMaskedPaths(const UniqueFd& rootfs,
                             const plan::MaskedPathsPlan& plan,
                             const std::vector<plan::MountStep>& steps) {
  Masks masks(rootfs, steps, Part::kInit);
  TRY_WITHIN(masks.KeepWholeProc(plan), "a whole proc beside the masked one");
  return masks.Apply(plan);
}

}  // namespace agentbox::apply
