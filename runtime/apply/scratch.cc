#include "apply/scratch.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "apply/scratch_directory.h"
#include "kernel/file.h"
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

}  // namespace

Result<void> MakeScratch(const std::string& directory) {
  TRY(kernel::MakeDirectories(DirectoryOf(directory), S_IRWXU));
  const UniqueFd parent = TRY(kernel::Open(AT_FDCWD, DirectoryOf(directory), O_PATH | O_DIRECTORY));
  TRY(kernel::MakeOwnDirectory(parent.Get(), NameOf(directory), S_IRWXU));
  return {};
}

Result<void> RemoveScratch(const std::string& directory) {
  const auto parent = kernel::Open(AT_FDCWD, DirectoryOf(directory), O_RDONLY | O_DIRECTORY);
  if (!parent && parent.error().Errno() == ENOENT) return {};
  if (!parent) return Fail(parent.error());
  TRY_WITHIN(kernel::RemoveTree(parent->Get(), NameOf(directory)), "removing " + directory);
  return {};
}

Result<UniqueFd> OpenScratch(const plan::Scratch& scratch) {
  return kernel::Open(AT_FDCWD, scratch.directory, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

}  // namespace agentbox::apply
