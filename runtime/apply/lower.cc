#include "apply/lower.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "apply/mount_aliases.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/mount_table.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

constexpr const char* kWayOut = "let it be mounted \"direct\" or \"readonly\"";

Error NoLayerOver(const std::string& source) {
  return Error(ErrorKind::kUnsupported,
               Quoted(source) +
                   " is neither a directory nor a regular file, and only over these can a layer be "
                   "laid: " +
                   kWayOut);
}

Error NoDirectoryOf(const std::string& source) {
  return Error(
      ErrorKind::kUnsupported,
      Quoted(source) +
          " is mounted by itself, and no mount shows it in a directory, over which a layer "
          "could be laid: " +
          kWayOut + ", or mount the directory it comes from");
}

Result<bool> IsSame(const UniqueFd& one, const UniqueFd& other) {
  const struct stat first = TRY(kernel::Stat(one.Get()));
  const struct stat second = TRY(kernel::Stat(other.Get()));
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// Nothing where another file is at `path` by now, or where it is mounted there.
Result<std::optional<Lower>> FindIn(const std::string& path, const UniqueFd& file) {
  const auto slash = path.rfind('/');
  Lower lower = {.path = path.substr(0, slash == 0 ? 1 : slash), .file = path.substr(slash + 1)};
  lower.directory = TRY(kernel::Open(AT_FDCWD, lower.path, O_PATH | O_DIRECTORY));
  const auto found = kernel::OpenOnMount(lower.directory.Get(), lower.file, O_PATH | O_NOFOLLOW);
  if (!found && (found.error().Errno() == EXDEV || found.error().Errno() == ENOENT)) {
    return std::optional<Lower>();
  }
  if (!found) return Fail(found.error());
  if (!TRY(IsSame(*found, file))) return std::optional<Lower>();
  return std::optional(std::move(lower));
}

Result<Lower> OpenDirectoryOf(const UniqueFd& file, const std::string& source) {
  const std::string path = TRY(kernel::PathOf(file.Get()));
  auto found = TRY(FindIn(path, file));
  if (found) return *std::move(found);
  for (const std::string& alias : AliasesOf(path, TRY(kernel::ReadMountTable()))) {
    auto elsewhere = FindIn(alias, file);
    // Such a place may be closed to the caller, or gone: another may do.
    if (elsewhere && *elsewhere) return **std::move(elsewhere);
  }
  return Fail(NoDirectoryOf(source));
}

}  // namespace

Result<Lower> OpenLower(const std::string& source) {
  auto directory = kernel::Open(AT_FDCWD, source, O_PATH | O_DIRECTORY);
  if (directory) {
    std::string path = TRY(kernel::PathOf(directory->Get()));
    return Lower{.directory = *std::move(directory), .path = std::move(path), .file = {}};
  }
  if (directory.error().Errno() != ENOTDIR) return Fail(std::move(directory).error());
  const UniqueFd file = TRY(kernel::Open(AT_FDCWD, source, O_PATH));
  if (!S_ISREG(TRY(kernel::Stat(file.Get())).st_mode)) return Fail(NoLayerOver(source));
  return OpenDirectoryOf(file, source);
}

Result<UniqueFd> OnlyFile(const UniqueFd& mount, const std::string& name, const UniqueFd& spare) {
  const UniqueFd target = TRY(kernel::MakeOwnDirectory(spare.Get(), "whole", S_IRWXU));
  TRY(kernel::MoveMount(mount, target));
  const UniqueFd file = TRY(kernel::OpenOnMount(mount.Get(), name, O_PATH | O_NOFOLLOW));
  // Somebody else may have the directory, and put another kind of file there meanwhile.
  if (!S_ISREG(TRY(kernel::Stat(file.Get())).st_mode)) return Fail(NoLayerOver(name));
  return kernel::CloneTree(file.Get(), "", /*recursive=*/false);
}

}  // namespace agentbox::apply
