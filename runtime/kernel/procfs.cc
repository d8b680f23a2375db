#include "kernel/procfs.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "kernel/file.h"
#include "kernel/path.h"

namespace agentbox::kernel {
namespace {

constexpr ino_t kProcRootInode = 1;  // PROC_ROOT_INO of the kernel

Result<UniqueFd> DetachedProcfs() {
  const UniqueFd context(::fsopen("proc", FSOPEN_CLOEXEC));
  if (!context) return Fail(Error::FromErrno().Within("fsopen(2) of proc"));
  if (::fsconfig(context.Get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) {
    return Fail(Error::FromErrno().Within("fsconfig(2) of proc"));
  }
  UniqueFd mount(::fsmount(
      context.Get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV));
  if (!mount) return Fail(Error::FromErrno().Within("fsmount(2) of proc"));
  return mount;
}

Result<void> CheckIsProcfs(int fd, const std::string& path) {
  if (TRY(FilesystemMagic(fd)) == PROC_SUPER_MAGIC) return {};
  return Fail(Error(ErrorKind::kRefused, path + " is not a file of a procfs"));
}

}  // namespace

Result<UniqueFd> OpenProcfs() {
  auto detached = DetachedProcfs();
  if (detached || detached.error().Errno() != EPERM) return detached;

  UniqueFd proc = TRY(Open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW));
  TRY(CheckIsProcfs(proc.Get(), "/proc"));
  if (TRY(Stat(proc.Get())).st_ino != kProcRootInode) {
    return Fail(Error(ErrorKind::kRefused, "/proc is not the root of a procfs"));
  }
  return proc;
}

Result<UniqueFd> OpenInProcfs(const UniqueFd& procfs,
                              const std::string& path,
                              std::uint64_t flags) {
  struct open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
  UniqueFd file(
      static_cast<int>(::syscall(SYS_openat2, procfs.Get(), path.c_str(), &how, sizeof how)));
  if (!file) return Fail(Error::FromErrno().Within("openat2(2) of /proc/" + path));
  TRY(CheckIsProcfs(file.Get(), "/proc/" + path));
  return file;
}

Result<void> WriteProcfs(const UniqueFd& procfs, const std::string& path, std::string_view value) {
  const UniqueFd file = TRY(OpenInProcfs(procfs, path, O_WRONLY));
  TRY_WITHIN(WriteAll(file.Get(), value), "/proc/" + path);
  return {};
}

}  // namespace agentbox::kernel
