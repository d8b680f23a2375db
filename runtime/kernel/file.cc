#include "kernel/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace agentbox::kernel {
namespace {

Result<void> Unlink(int directory, const std::string& name, int flags) {
  if (::unlinkat(directory, name.c_str(), flags) < 0 && errno != ENOENT) {
    return Fail(Error::FromErrno().Within("unlinkat(2) of " + name));
  }
  return {};
}

// Names in the directory for which `is_wanted` holds.
template <typename Predicate>
Result<std::vector<std::string>> Names(int directory, Predicate is_wanted) {
  // Read from the start, whatever was read by `directory`.
  const UniqueFd own = TRY(Open(directory, ".", O_RDONLY | O_DIRECTORY));
  alignas(struct dirent64) std::array<char, 8192> buffer;
  std::vector<std::string> names;
  for (;;) {
    const auto size = ::getdents64(own.Get(), buffer.data(), buffer.size());
    if (size < 0) return Fail(Error::FromErrno().Within("getdents64(2)"));
    if (size == 0) return names;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      const auto* const entry = reinterpret_cast<const struct dirent64*>(&buffer[at]);
      const std::string_view name = static_cast<const char*>(entry->d_name);
      if (name != "." && name != ".." && is_wanted(*entry)) names.emplace_back(name);
      at += entry->d_reclen;
    }
  }
}

std::string TemporaryName(const std::string& name) {
  return "." + name + ".new";
}

Result<UniqueFd> OpenTemporary(int directory, const std::string& name, mode_t mode) {
  return Open(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
}

Result<void> Synchronize(int fd) {
  if (::fsync(fd) < 0) return Fail(Error::FromErrno().Within("fsync(2)"));
  return {};
}

Result<void> Rename(int directory, const std::string& from, const std::string& to) {
  if (::renameat(directory, from.c_str(), directory, to.c_str()) < 0) {
    return Fail(Error::FromErrno().Within("renameat(2) to " + to));
  }
  return {};
}

// What says who may do what with the file, and what users have put there: not a hash or a signature
// of its contents (security.ima).
bool IsKept(std::string_view name) {
  return name == "system.posix_acl_access" || name == "security.selinux" ||
         name.starts_with("user.");
}

Result<void> CopyXattrs(int from, int to) {
  std::array<char, XATTR_LIST_MAX> names;
  const auto size = ::flistxattr(from, names.data(), names.size());
  if (size < 0 && errno == ENOTSUP) return {};  // a file system without any
  if (size < 0) return Fail(Error::FromErrno().Within("flistxattr(2)"));
  std::vector<char> value(XATTR_SIZE_MAX);
  for (const char* name = names.data(); name < names.data() + size; name += std::strlen(name) + 1) {
    if (!IsKept(name)) continue;
    const auto length = ::fgetxattr(from, name, value.data(), value.size());
    if (length < 0) return Fail(Error::FromErrno().Within("fgetxattr(2) of " + std::string(name)));
    if (::fsetxattr(to, name, value.data(), static_cast<std::size_t>(length), 0) < 0) {
      return Fail(Error::FromErrno().Within("fsetxattr(2) of " + std::string(name)));
    }
  }
  return {};
}

Result<bool> TryToLock(int fd, int how) {
  if (::flock(fd, how | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return Fail(Error::FromErrno().Within("flock(2)"));
}

}  // namespace

Result<UniqueFd> Open(int directory, const std::string& path, int flags, mode_t mode) {
  UniqueFd fd(::openat(directory, path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) return Fail(Error::FromErrno().Within("openat(2) of " + path));
  return fd;
}

bool IsOpen(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

Result<std::string> WorkingDirectory() {
  std::string path(PATH_MAX, '\0');
  if (::getcwd(path.data(), path.size()) == nullptr) {
    return Fail(Error::FromErrno().Within("getcwd(3)"));
  }
  path.resize(path.find('\0'));
  return path;
}

Result<void> EnsureStandardStreams() {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (IsOpen(number)) continue;
    // The lowest free number is this one.
    const int fd = ::open("/dev/null", O_RDWR);  // NOLINT(android-cloexec-open): a standard stream
    if (fd < 0) return Fail(Error::FromErrno().Within("open(2) of /dev/null"));
  }
  return {};
}

Result<std::string> ReadAll(int fd, std::size_t limit) {
  std::string data;
  std::array<char, 16384> buffer;
  for (;;) {
    const auto size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fail(Error::FromErrno().Within("read(2)"));
    if (size == 0) return data;
    data.append(buffer.data(), static_cast<std::size_t>(size));
    if (data.size() > limit) return Fail(Error::FromErrno(EFBIG).Within("read(2)"));
  }
}

Result<std::string> ReadWhole(int fd) {
  if (::lseek(fd, 0, SEEK_SET) < 0) return Fail(Error::FromErrno().Within("lseek(2)"));
  return ReadAll(fd);
}

Result<std::string> ReadFile(int directory, const std::string& path) {
  const UniqueFd file = TRY(Open(directory, path, O_RDONLY));
  return TRY_WITHIN(ReadAll(file.Get()), path);
}

Result<std::string> ReadRegularFile(int directory, const std::string& path) {
  const UniqueFd file = TRY(Open(directory, path, O_RDONLY | O_NONBLOCK));
  struct stat status = {};
  if (::fstat(file.Get(), &status) < 0)
    return Fail(Error::FromErrno().Within("fstat(2) of " + path));
  if (!S_ISREG(status.st_mode)) {
    return Fail(Error(ErrorKind::kInvalidSpec, path + ": is not a regular file"));
  }
  return TRY_WITHIN(ReadAll(file.Get()), path);
}

Result<std::string> ReadFromStart(int fd) {
  if (::lseek(fd, 0, SEEK_SET) < 0) return Fail(Error::FromErrno().Within("lseek(2)"));
  return ReadAll(fd);
}

Result<void> WriteAll(int fd, std::string_view data) {
  do {
    const auto size = ::write(fd, data.data(), data.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fail(Error::FromErrno().Within("write(2)"));
    data.remove_prefix(static_cast<std::size_t>(size));
  } while (!data.empty());
  return {};
}

Result<void> WriteFile(int directory, const std::string& path, std::string_view data) {
  const UniqueFd file = TRY(Open(directory, path, O_WRONLY));
  TRY_WITHIN(WriteAll(file.Get(), data), path);
  return {};
}

Result<void> ReplaceFile(int directory,
                         const std::string& name,
                         std::string_view data,
                         mode_t mode) {
  const std::string temporary = TemporaryName(name);
  {
    const UniqueFd file = TRY(OpenTemporary(directory, temporary, mode));
    TRY_WITHIN(WriteAll(file.Get(), data), temporary);
    TRY_WITHIN(Synchronize(file.Get()), temporary);
  }
  return Rename(directory, temporary, name);
}

Result<void> ReplaceFileLike(int directory,
                             const std::string& name,
                             std::string_view data,
                             int like) {
  struct stat status = {};
  if (::fstat(like, &status) < 0) return Fail(Error::FromErrno().Within("fstat(2) of " + name));
  const std::string temporary = TemporaryName(name);
  const auto written = [&]() -> Result<void> {
    const UniqueFd file = TRY(OpenTemporary(directory, temporary, 0600));
    TRY(WriteAll(file.Get(), data));
    if (::fchown(file.Get(), status.st_uid, status.st_gid) < 0) {
      return Fail(Error::FromErrno().Within("fchown(2)"));
    }
    // After the owner, a change of which takes set-id bits away.
    if (::fchmod(file.Get(), status.st_mode & 07777U) < 0) {
      return Fail(Error::FromErrno().Within("fchmod(2)"));
    }
    TRY(CopyXattrs(like, file.Get()));
    return Synchronize(file.Get());
  }();
  if (!written) {
    TRY(RemoveFile(directory, temporary));
    return Fail(Error(written.error()).Within(temporary));
  }
  return Rename(directory, temporary, name);
}

Result<std::vector<std::string>> ListDirectory(int directory) {
  return Names(directory, [](const struct dirent64&) { return true; });
}

Result<std::vector<std::string>> ListSubdirectories(int directory) {
  return Names(directory, [](const struct dirent64& entry) { return entry.d_type == DT_DIR; });
}

Result<void> RemoveDirectory(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) < 0) {
    return Fail(Error::FromErrno().Within("unlinkat(2) of " + name));
  }
  return {};
}

Result<void> ChangeOwner(int directory, const std::string& name, uid_t uid, gid_t gid) {
  if (::fchownat(directory, name.c_str(), uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0) {
    return Fail(Error::FromErrno().Within("fchownat(2) of " + name));
  }
  return {};
}

Result<void> MakeDirectory(int directory, const std::string& name, mode_t mode) {
  if (::mkdirat(directory, name.c_str(), mode) < 0) {
    return Fail(Error::FromErrno().Within("mkdirat(2) of " + name));
  }
  return {};
}

Result<void> MakeDirectories(const std::string& path, mode_t mode) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string prefix = path.substr(0, end);
    if (::mkdir(prefix.c_str(), mode) < 0 && errno != EEXIST) {
      return Fail(Error::FromErrno().Within("mkdir(2) of " + prefix));
    }
    if (end == std::string::npos) return {};
  }
}

Result<bool> Exists(int directory, const std::string& path) {
  struct stat status = {};
  if (::fstatat(directory, path.c_str(), &status, 0) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return Fail(Error::FromErrno().Within("fstatat(2) of " + path));
}

Result<void> RemoveFile(int directory, const std::string& name) {
  return Unlink(directory, name, 0);
}

Result<void> Lock(int fd) {
  while (::flock(fd, LOCK_EX) < 0) {
    if (errno != EINTR) return Fail(Error::FromErrno().Within("flock(2)"));
  }
  return {};
}

Result<bool> TryLock(int fd) {
  return TryToLock(fd, LOCK_EX);
}

Result<bool> TryLockShared(int fd) {
  return TryToLock(fd, LOCK_SH);
}

void Unlock(int fd) {
  ::flock(fd, LOCK_UN);
}

Result<void> LockAsRecord(int fd) {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  while (::fcntl(fd, F_OFD_SETLKW, &lock) < 0) {
    if (errno != EINTR) return Fail(Error::FromErrno().Within("fcntl(2) of F_OFD_SETLKW"));
  }
  return {};
}

Result<UniqueFd> UnnamedFile(int directory, std::uint64_t size) {
  UniqueFd file = TRY(Open(directory, ".", O_TMPFILE | O_RDWR, S_IRUSR | S_IWUSR));
  if (::ftruncate(file.Get(), static_cast<off_t>(size)) < 0) {
    return Fail(Error::FromErrno().Within("ftruncate(2) to " + std::to_string(size)));
  }
  return file;
}

Result<void> CopyContents(int from, int to) {
  std::array<char, 65536> buffer;
  for (;;) {
    const auto size = ::read(from, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fail(Error::FromErrno().Within("read(2)"));
    if (size == 0) return {};
    TRY(WriteAll(to, {buffer.data(), static_cast<std::size_t>(size)}));
  }
}

Result<int> AccessMode(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return Fail(Error::FromErrno().Within("fcntl(2) F_GETFL"));
  return flags & (O_ACCMODE | O_PATH);
}

Result<UniqueFd> Reopen(int fd, int flags) {
  return Open(AT_FDCWD, "/proc/self/fd/" + std::to_string(fd), flags);
}

Result<void> CopyOffset(int from, int to) {
  const off_t offset = ::lseek(from, 0, SEEK_CUR);
  if (offset < 0 || ::lseek(to, offset, SEEK_SET) < 0) {
    return Fail(Error::FromErrno().Within("lseek(2)"));
  }
  return {};
}

Result<void> ChangeDirectory(int directory) {
  if (::fchdir(directory) < 0) return Fail(Error::FromErrno().Within("fchdir(2)"));
  return {};
}

}  // namespace agentbox::kernel
