#include "engines/files.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/path.h"

namespace agentbox::engines {
namespace {

// As the kernel follows them (path_resolution(7)).
constexpr unsigned kMostSymlinks = 40;

std::string DirectoryOf(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

std::string NameOf(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool IsMissing(const Error& error) {
  return error.Errno() == ENOENT || error.Errno() == ENOTDIR;
}

Result<void> CheckRegular(int file) {
  const struct stat status = TRY(kernel::Stat(file));
  if (S_ISREG(status.st_mode)) return {};
  return Fail(Error(ErrorKind::kRefused, "it is no regular file"));
}

}  // namespace

Result<Files> Files::Open(const std::string& root) {
  UniqueFd directory = TRY(kernel::Open(AT_FDCWD, root, O_PATH | O_DIRECTORY));
  std::string path = TRY(kernel::RealPath(root));
  if (path == "/") path.clear();
  return Files(std::move(path), std::move(directory));
}

Result<std::optional<std::string>> Files::Read(const std::string& path) const {
  // Not held up by a fifo.
  const auto file = kernel::OpenInRoot(directory_, path, O_RDONLY | O_NONBLOCK);
  if (!file && IsMissing(file.error())) return std::optional<std::string>();
  if (!file) return Fail(file.error());
  TRY_WITHIN(CheckRegular(file->Get()), path);
  return std::optional<std::string>(TRY_WITHIN(kernel::ReadAll(file->Get()), path));
}

bool Files::Exists(const std::string& path) const {
  return kernel::OpenInRoot(directory_, path, O_PATH).has_value();
}

Result<std::string> Files::Follow(std::string path) const {
  for (unsigned i = 0; i < kMostSymlinks; ++i) {
    const auto directory = kernel::OpenInRoot(directory_, DirectoryOf(path), O_PATH | O_DIRECTORY);
    if (!directory && IsMissing(directory.error())) return path;
    if (!directory) return Fail(directory.error());
    const auto target = kernel::ReadLink(directory->Get(), NameOf(path));
    if (!target && (target.error().Errno() == EINVAL || IsMissing(target.error()))) return path;
    if (!target) return Fail(target.error());
    path = target->starts_with('/') ? *target : DirectoryOf(path) + *target;
  }
  return Fail(Error::FromErrno(ELOOP).Within(path));
}

Result<UniqueFd> Files::MakeDirectory(const std::string& path) const {
  auto there = kernel::OpenInRoot(directory_, path, O_RDONLY | O_DIRECTORY);
  if (there || !IsMissing(there.error())) return there;
  TRY(kernel::MakeDirectoriesInRoot(directory_, path, 0755, ::geteuid(), ::getegid()));
  return kernel::OpenInRoot(directory_, path, O_RDONLY | O_DIRECTORY);
}

Result<void> Files::Write(const std::string& path, std::string_view text) const {
  const std::string real = TRY(Follow(path));
  const UniqueFd directory = TRY(MakeDirectory(DirectoryOf(real)));
  const auto file = kernel::OpenInRoot(directory_, real, O_RDONLY | O_NONBLOCK);
  if (!file && !IsMissing(file.error())) return Fail(file.error());
  if (!file) return kernel::ReplaceFile(directory.Get(), NameOf(real), text, 0644);
  TRY_WITHIN(CheckRegular(file->Get()), path);
  TRY_WITHIN(kernel::ReplaceFileLike(directory.Get(), NameOf(real), text, file->Get()), path);
  return {};
}

Result<void> Files::Copy(const std::string& path, const std::string& to) const {
  const UniqueFd file = TRY(kernel::OpenInRoot(directory_, path, O_RDONLY));
  const std::string text = TRY_WITHIN(kernel::ReadAll(file.Get()), path);
  const UniqueFd directory =
      TRY(kernel::OpenInRoot(directory_, DirectoryOf(to), O_RDONLY | O_DIRECTORY));
  TRY_WITHIN(kernel::ReplaceFileLike(directory.Get(), NameOf(to), text, file.Get()), to);
  return {};
}

Result<void> Files::Remove(const std::string& path) const {
  const auto directory = kernel::OpenInRoot(directory_, DirectoryOf(path), O_RDONLY | O_DIRECTORY);
  if (!directory && IsMissing(directory.error())) return {};
  if (!directory) return Fail(directory.error());
  return kernel::RemoveFile(directory->Get(), NameOf(path));
}

std::vector<std::string> Files::Match(const std::string& pattern) const {
  glob_t found = {};
  std::vector<std::string> paths;
  if (::glob((root_ + pattern).c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i)
      paths.emplace_back(found.gl_pathv[i] + root_.size());
  }
  ::globfree(&found);
  return paths;
}

Result<std::string> Files::WhoElseCanChange(const std::string& path) const {
  for (std::string part = path; !part.empty(); part.resize(part.rfind('/'))) {
    const UniqueFd file = TRY(kernel::OpenInRoot(directory_, part, O_PATH));
    const struct stat status = TRY(kernel::Stat(file.Get()));
    // In a sticky directory nobody replaces what is another's.
    const bool is_sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    if (status.st_uid != 0) return part + ", of uid " + std::to_string(status.st_uid);
    if ((status.st_mode & S_IWOTH) != 0 && !is_sticky) return part + ", writable by all";
    if ((status.st_mode & S_IWGRP) != 0 && status.st_gid != 0 && !is_sticky) {
      return part + ", writable by gid " + std::to_string(status.st_gid);
    }
  }
  return std::string();
}

Result<UniqueFd> Files::LockTables() const {
  // The file of lckpwdf(3).
  const std::string path = "/etc/.pwd.lock";
  TRY(kernel::MakeFileInRoot(directory_, path, 0600, ::geteuid(), ::getegid()));
  UniqueFd file = TRY(kernel::OpenInRoot(directory_, path, O_WRONLY));
  TRY_WITHIN(kernel::LockAsRecord(file.Get()), path);
  return file;
}

}  // namespace agentbox::engines
