#include "apply/denied_files.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "apply/scratch_directory.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/mount.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

constexpr const char* kFile = "file";
constexpr const char* kDirectory = "directory";

constexpr abi::MountAttributes kAttributes = {.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
                                                     MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};

// A tmpfs with the two covers, in the scratch directory: attached, since only of an attached mount
// older kernels make copies.
Result<UniqueFd> MakeCovers(const plan::Scratch& scratch) {
  const UniqueFd directory = TRY(OpenScratch(scratch));
  const UniqueFd place = TRY(kernel::MakeOwnDirectory(directory.Get(), "covers", S_IRWXU));
  UniqueFd covers = TRY(kernel::MountFilesystem("tmpfs", {{"mode", "0700"}, {"size", "4k"}}));
  TRY(kernel::MoveMount(covers, place));
  TRY(kernel::MakeDirectory(covers.Get(), kDirectory, 0));
  TRY(kernel::Open(covers.Get(), kFile, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0));
  return covers;
}

// The place itself, be it a symlink; within the mount no symlink is followed on the way.
Result<UniqueFd> OpenPlace(const UniqueFd& rootfs, const plan::DeniedPath& denied) {
  UniqueFd mount = TRY(kernel::OpenInRoot(rootfs, denied.mount, O_PATH));
  if (denied.path.empty()) return mount;
  return kernel::OpenBeneath(mount.Get(), denied.path, O_PATH | O_NOFOLLOW);
}

Result<void> Cover(const UniqueFd& rootfs, const plan::DeniedPath& denied, const UniqueFd& covers) {
  const auto place = OpenPlace(rootfs, denied);
  const bool is_gone =
      !place && (place.error().Errno() == ENOENT || place.error().Errno() == ENOTDIR);
  if (is_gone) return {};
  if (!place) return Fail(place.error());
  const struct stat status = TRY(kernel::Stat(place->Get()));
  const char* const name = S_ISDIR(status.st_mode) ? kDirectory : kFile;
  const UniqueFd cover = TRY(kernel::CloneTree(covers.Get(), name, /*recursive=*/false));
  TRY(kernel::SetAttributes(cover, kAttributes, /*recursive=*/false));
  return kernel::MoveMount(cover, *place);
}

}  // namespace

Result<void> DeniedFiles(const UniqueFd& rootfs,
                         const std::vector<plan::DeniedPath>& denied,
                         const plan::Scratch& scratch) {
  UniqueFd covers;
  for (const plan::DeniedPath& path : denied) {
    if (!path.is_covered) continue;
    if (!covers) covers = TRY_WITHIN(MakeCovers(scratch), "covers of denied files");
    TRY_WITHIN(Cover(rootfs, path, covers), path.origin + " (" + PathOf(path) + ")");
  }
  return {};
}

}  // namespace agentbox::apply
