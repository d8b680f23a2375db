#include "kernel/inode.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

namespace agentbox::kernel {

Result<void> MakeNode(int directory, const std::string& name, mode_t mode, dev_t device) {
  if (::mknodat(directory, name.c_str(), mode, device) < 0) {
    return Fail(Error::FromErrno().Within("mknodat(2) of " + name));
  }
  return {};
}

Result<void> MakeSymlink(const std::string& target, int directory, const std::string& name) {
  if (::symlinkat(target.c_str(), directory, name.c_str()) < 0) {
    return Fail(Error::FromErrno().Within("symlinkat(2) of " + name));
  }
  return {};
}

Result<std::string> ReadLink(int directory, const std::string& name) {
  std::array<char, PATH_MAX> target;
  const auto size = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (size < 0) return Fail(Error::FromErrno().Within("readlinkat(2) of " + name));
  return std::string(target.data(), static_cast<std::size_t>(size));
}

Result<std::string> PathOf(int file) {
  return ReadLink(AT_FDCWD, "/proc/self/fd/" + std::to_string(file));
}

Result<void> SetOwnership(
    int directory, const std::string& name, uid_t uid, gid_t gid, mode_t mode) {
  if (::fchownat(directory, name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) < 0) {
    return Fail(Error::FromErrno().Within("fchownat(2) of " + name));
  }
  struct stat status = {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
    return Fail(Error::FromErrno().Within("fstatat(2) of " + name));
  }
  if (S_ISLNK(status.st_mode)) return {};
  if (::fchmodat(directory, name.c_str(), mode, 0) < 0) {
    return Fail(Error::FromErrno().Within("fchmodat(2) of " + name));
  }
  return {};
}

Result<void> SetOwnership(int directory, uid_t uid, gid_t gid, mode_t mode) {
  if (::fchownat(directory, "", uid, gid, AT_EMPTY_PATH) < 0) {
    return Fail(Error::FromErrno().Within("fchownat(2)"));
  }
  // By ".": fchmod(2) refuses O_PATH descriptors.
  if (::fchmodat(directory, ".", mode, 0) < 0) {
    return Fail(Error::FromErrno().Within("fchmodat(2)"));
  }
  return {};
}

Result<void> SetXattr(int file, const std::string& name, const std::string& value) {
  if (::fsetxattr(file, name.c_str(), value.data(), value.size(), 0) < 0) {
    return Fail(Error::FromErrno().Within("fsetxattr(2) of " + name));
  }
  return {};
}

Result<void> SetXattr(int directory,
                      const std::string& entry,
                      const std::string& name,
                      const std::string& value) {
  const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + entry;
  if (::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) < 0) {
    return Fail(Error::FromErrno().Within("lsetxattr(2) of " + name));
  }
  return {};
}

Result<void> RemoveXattr(int file, const std::string& name) {
  if (::fremovexattr(file, name.c_str()) == 0 || errno == ENODATA || errno == ENOTSUP) return {};
  return Fail(Error::FromErrno().Within("fremovexattr(2) of " + name));
}

}  // namespace agentbox::kernel
