#include "kernel/path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "base/strings.h"

namespace agentbox::kernel {
namespace {

// glibc 2.36 has no openat2(3).
int OpenAt2(int directory, const std::string& path, const struct open_how& how) {
  // EAGAIN: a rename or mount raced with the walk and ".." could not be trusted (openat2(2)).
  for (;;) {
    const auto fd = ::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN) return static_cast<int>(fd);
  }
}

// The directory that holds the last part of `path`, and that part.
struct LastPart {
  std::string directory;
  std::string name;
};

LastPart SplitLast(std::string path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {"/", path};
  return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

}  // namespace

Result<UniqueFd> OpenInRoot(const UniqueFd& root, const std::string& path, std::uint64_t flags) {
  struct open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd(OpenAt2(root.Get(), path, how));
  if (!fd) return Fail(Error::FromErrno().Within("openat2(2) of " + path + " in the rootfs"));
  return fd;
}

Result<UniqueFd> OpenBeneath(int directory, const std::string& path, std::uint64_t flags) {
  struct open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd(OpenAt2(directory, path, how));
  if (!fd) return Fail(Error::FromErrno().Within("openat2(2) of " + path));
  return fd;
}

Result<UniqueFd> OpenWithin(int directory, const std::string& path, std::uint64_t flags) {
  struct open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd(OpenAt2(directory, path, how));
  if (!fd) return Fail(Error::FromErrno().Within("openat2(2) of " + path));
  return fd;
}

Result<UniqueFd> OpenOnMount(int directory, const std::string& path, std::uint64_t flags) {
  struct open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  UniqueFd fd(OpenAt2(directory, path, how));
  if (!fd) return Fail(Error::FromErrno().Within("openat2(2) of " + path));
  return fd;
}

Result<UniqueFd> MakeOwnDirectory(int directory, const std::string& name, mode_t mode) {
  if (::mkdirat(directory, name.c_str(), S_IRWXU) == 0) {
    if (mode != S_IRWXU && ::fchmodat(directory, name.c_str(), mode, 0) < 0) {
      return Fail(Error::FromErrno().Within("fchmodat(2) of " + name));
    }
  } else if (errno != EEXIST) {
    return Fail(Error::FromErrno().Within("mkdirat(2) of " + name));
  }
  return OpenBeneath(directory, name, O_PATH | O_DIRECTORY);
}

Result<UniqueFd> MakeDirectoriesInRoot(
    const UniqueFd& root, const std::string& path, mode_t mode, uid_t uid, gid_t gid) {
  // Each prefix is resolved anew in the root, so that a symlink on the way resolves as it would in
  // the container; what is missing is made in the directory just opened, by name alone.
  std::string prefix = "/";
  UniqueFd directory = TRY(OpenInRoot(root, prefix, O_PATH | O_DIRECTORY));
  for (const std::string_view part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      return Fail(Error(ErrorKind::kInvalidSpec, "\"..\" in the path " + Quoted(path)));
    }
    const std::string name(part);
    if (::mkdirat(directory.Get(), name.c_str(), mode) == 0) {
      const UniqueFd made = TRY(OpenBeneath(directory.Get(), name, O_DIRECTORY | O_RDONLY));
      if (::fchown(made.Get(), uid, gid) < 0) {
        return Fail(Error::FromErrno().Within("fchown(2) of " + path));
      }
      if (::fchmod(made.Get(), mode) < 0) {
        return Fail(Error::FromErrno().Within("fchmod(2) of " + path));
      }
    } else if (errno != EEXIST && errno != EROFS) {
      // EROFS is also what an existing directory on a read-only file system gives: opened below.
      return Fail(Error::FromErrno().Within("mkdirat(2) of " + path));
    }
    prefix += name + "/";
    directory = TRY(OpenInRoot(root, prefix, O_PATH | O_DIRECTORY));
  }
  return directory;
}

Result<UniqueFd> MakeFileInRoot(
    const UniqueFd& root, const std::string& path, mode_t mode, uid_t uid, gid_t gid) {
  auto existing = OpenInRoot(root, path, O_PATH);
  if (existing || existing.error().Errno() != ENOENT) return existing;

  const LastPart parts = SplitLast(path);
  const UniqueFd directory = TRY(MakeDirectoriesInRoot(root, parts.directory, 0755, uid, gid));
  const UniqueFd made(::openat(directory.Get(),
                               parts.name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                               mode));
  if (!made) return Fail(Error::FromErrno().Within("openat(2) of new file " + path));
  if (::fchown(made.Get(), uid, gid) < 0) {
    return Fail(Error::FromErrno().Within("fchown(2) of " + path));
  }
  return OpenInRoot(root, path, O_PATH);
}

Result<void> CheckExecutable(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) < 0) {
    return Fail(Error::FromErrno().Within("stat(2) of " + path));
  }
  if (S_ISDIR(status.st_mode)) return Fail(Error::FromErrno(EISDIR).Within(path));
  // By the effective ids, as execve(2) does.
  if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) < 0) {
    return Fail(Error::FromErrno().Within("faccessat(2) of " + path));
  }
  return {};
}

Result<void> ChangeDirectory(const std::string& path) {
  if (::chdir(path.c_str()) < 0)
    return Fail(Error::FromErrno().Within("chdir(2) to " + Quoted(path)));
  return {};
}

Result<bool> IsWorkingDirectoryInRoot() {
  // The system call and not getcwd(3), which finds a way of its own where the kernel says
  // "(unreachable)".
  std::array<char, PATH_MAX> path = {};
  if (::syscall(SYS_getcwd, path.data(), path.size()) < 0) {
    return Fail(Error::FromErrno().Within("getcwd(2)"));
  }
  return path.front() == '/';
}

Result<std::string> RealPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             std::free);
  if (!resolved) return Fail(Error::FromErrno().Within(Quoted(path)));
  return std::string(resolved.get());
}

Result<struct stat> Stat(int fd) {
  struct stat status = {};
  if (::fstat(fd, &status) < 0) return Fail(Error::FromErrno().Within("fstat(2)"));
  return status;
}

Result<std::uint64_t> FilesystemMagic(int fd) {
  struct statfs status = {};
  if (::fstatfs(fd, &status) < 0) return Fail(Error::FromErrno().Within("fstatfs(2)"));
  return static_cast<std::uint64_t>(status.f_type);
}

Result<std::string> FilesystemId(int fd) {
  struct statfs status = {};
  if (::fstatfs(fd, &status) < 0) return Fail(Error::FromErrno().Within("fstatfs(2)"));
  return std::string(reinterpret_cast<const char*>(&status.f_fsid), sizeof(status.f_fsid));
}

}  // namespace agentbox::kernel
