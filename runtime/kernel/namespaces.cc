#include "kernel/namespaces.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <vector>

#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/path.h"

namespace agentbox::kernel {
namespace {

// What the child of RunInNamespaces is to do, and what came of it.
struct Errand {
  int pidfd = -1;
  std::uint64_t flags = 0;
  const std::function<Result<void>()>& work;
  Result<void> result;
};

int DoErrand(void* argument) {
  auto& errand = *static_cast<Errand*>(argument);
  errand.result = JoinNamespaces(errand.pidfd, errand.flags);
  if (errand.result) errand.result = errand.work();
  return 0;
}

}  // namespace

Result<void> Unshare(std::uint64_t flags) {
  if (::unshare(static_cast<int>(flags)) < 0) return Fail(Error::FromErrno().Within("unshare(2)"));
  return {};
}

Result<void> SetRootPropagation(std::uint64_t flags) {
  if (::mount(nullptr, "/", nullptr, flags, nullptr) < 0) {
    return Fail(Error::FromErrno().Within("mount(2) for the propagation of \"/\""));
  }
  return {};
}

Result<void> JoinNamespaces(int fd, std::uint64_t flags) {
  if (::setns(fd, static_cast<int>(flags)) < 0) return Fail(Error::FromErrno().Within("setns(2)"));
  return {};
}

Result<void> RunInNamespaces(const UniqueFd& pidfd,
                             std::uint64_t flags,
                             const std::function<Result<void>()>& work) {
  if (flags == 0) return work();
  constexpr std::size_t kStackSize = 512U << 10U;
  std::vector<std::byte> stack(kStackSize);
  Errand errand = {pidfd.Get(), flags, work, {}};
  const pid_t pid = ::clone(DoErrand,
                            stack.data() + stack.size(),
                            CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD,
                            &errand);
  if (pid < 0) return Fail(Error::FromErrno().Within("clone(2)"));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return Fail(Error::FromErrno().Within("waitpid(2)"));
  }
  if (WIFSIGNALED(status)) return Fail(Error(ErrorKind::kInternal, "the errand was killed"));
  return errand.result;
}

Result<UniqueFd> OpenNamespace(pid_t pid, const std::string& file) {
  return Open(AT_FDCWD, "/proc/" + std::to_string(pid) + "/ns/" + file, O_RDONLY);
}

Result<UniqueFd> OpenOwnNamespace(const std::string& file) {
  return Open(AT_FDCWD, "/proc/self/ns/" + file, O_RDONLY);
}

Result<std::uint64_t> NamespaceFlag(int fd) {
  const int flag = ::ioctl(fd, NS_GET_NSTYPE);
  if (flag < 0) return Fail(Error::FromErrno().Within("ioctl(NS_GET_NSTYPE)"));
  return static_cast<std::uint64_t>(flag);
}

Result<UniqueFd> OwningUserNamespace(int fd) {
  UniqueFd owner(::ioctl(fd, NS_GET_USERNS));
  if (!owner) return Fail(Error::FromErrno().Within("ioctl(NS_GET_USERNS)"));
  return owner;
}

Result<bool> IsInInitialUserNamespace() {
  // It has a fixed inode number (PROC_USER_INIT_INO of linux/proc_ns.h, which is not installed).
  return TRY(ReadLink(AT_FDCWD, "/proc/self/ns/user")) == "user:[4026531837]";
}

Result<bool> IsSameNamespace(int one, int other) {
  const struct stat first = TRY(Stat(one));
  const struct stat second = TRY(Stat(other));
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace agentbox::kernel
