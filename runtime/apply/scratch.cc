#include "apply/scratch.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "apply/image.h"
#include "apply/scratch_directory.h"
#include "kernel/disk_limit.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/path.h"
#include "kernel/remove_tree.h"

namespace agentbox::apply {
namespace {

std::string DirectoryOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}
std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Result<UniqueFd> MountTmpfs(std::uint64_t size) {
  std::vector<std::pair<std::string, std::string>> options = {{"mode", "0700"}};
  if (size != 0) options.emplace_back("size", std::to_string(size));
  return kernel::MountFilesystem("tmpfs", options);
}

}  // namespace

Result<void> MakeScratch(const plan::Scratch& scratch) {
  const std::string& directory = scratch.directory;
  TRY(kernel::MakeDirectories(DirectoryOf(directory), S_IRWXU));
  const UniqueFd parent = TRY(kernel::Open(AT_FDCWD, DirectoryOf(directory), O_PATH | O_DIRECTORY));
  const UniqueFd made = TRY(kernel::MakeOwnDirectory(parent.Get(), NameOf(directory), S_IRWXU));
  if (scratch.place == plan::LayerPlace::kQuota) {
    TRY_WITHIN(kernel::LimitDirectory(made, scratch.size_limit), scratch.origin);
  }
  return {};
}

Result<void> MountScratch(const plan::Scratch& scratch) {
  if (scratch.place == plan::LayerPlace::kTmpfs) {
    const UniqueFd tmpfs = TRY(MountTmpfs(scratch.size_limit));
    const UniqueFd target = TRY(OpenScratch(scratch));
    return kernel::MoveMount(tmpfs, target);
  }
  if (scratch.place != plan::LayerPlace::kImage) return {};
  const UniqueFd target = TRY(OpenScratch(scratch));
  const UniqueFd image = TRY_WITHIN(MountImage(target, scratch.size_limit), scratch.origin);
  TRY(kernel::SetOwnership(image.Get(), 0, 0, S_IRWXU));
  return kernel::MoveMount(image, target);
}

Result<void> RemoveScratch(const std::string& directory) {
  const auto parent = kernel::Open(AT_FDCWD, DirectoryOf(directory), O_RDONLY | O_DIRECTORY);
  if (!parent && parent.error().Errno() == ENOENT) return {};
  if (!parent) return Fail(parent.error());
  TRY_WITHIN(kernel::UnlimitDirectory(parent->Get(), NameOf(directory)),
             "the quota of " + directory);
  TRY_WITHIN(kernel::RemoveTree(parent->Get(), NameOf(directory)), "removing " + directory);
  return {};
}

Result<UniqueFd> OpenScratch(const plan::Scratch& scratch) {
  return kernel::Open(AT_FDCWD, scratch.directory, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

}  // namespace agentbox::apply
