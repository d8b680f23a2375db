#include "kernel/quota.h"

#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace agentbox::kernel {
namespace {

// quotactl_fd(2), Linux 5.14, which glibc has no function for.
long Quotactl(int file, int command, std::uint32_t project, void* argument) {
  return ::syscall(SYS_quotactl_fd, file, QCMD(command, PRJQUOTA), project, argument);
}

// What file systems without projects answer.
bool HasNoProjects(int number) {
  return number == ENOTTY || number == EOPNOTSUPP || number == EINVAL;
}

}  // namespace

bool HasProjectQuota(int file) {
  struct fs_quota_statv state = {};
  state.qs_version = FS_QSTATV_VERSION1;
  // Not only of xfs, by now (fs/quota/quota.c, quota_getxstatev()).
  if (Quotactl(file, Q_XGETQSTATV, 0, &state) < 0) return false;
  constexpr unsigned kBoth = FS_QUOTA_PDQ_ACCT | FS_QUOTA_PDQ_ENFD;
  return (state.qs_flags & kBoth) == kBoth;
}

Result<std::optional<std::uint32_t>> InheritedProject(int directory) {
  struct fsxattr attributes = {};
  if (::ioctl(directory, FS_IOC_FSGETXATTR, &attributes) < 0) {
    if (HasNoProjects(errno)) return std::optional<std::uint32_t>();
    return Fail(Error::FromErrno().Within("ioctl(2) FS_IOC_FSGETXATTR"));
  }
  if ((attributes.fsx_xflags & FS_XFLAG_PROJINHERIT) == 0) return std::optional<std::uint32_t>();
  return std::optional<std::uint32_t>(attributes.fsx_projid);
}

Result<void> SetInheritedProject(int directory, std::uint32_t project) {
  struct fsxattr attributes = {};
  if (::ioctl(directory, FS_IOC_FSGETXATTR, &attributes) < 0) {
    return Fail(Error::FromErrno().Within("ioctl(2) FS_IOC_FSGETXATTR"));
  }
  attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
  attributes.fsx_projid = project;
  if (::ioctl(directory, FS_IOC_FSSETXATTR, &attributes) < 0) {
    return Fail(Error::FromErrno().Within("ioctl(2) FS_IOC_FSSETXATTR of project " +
                                          std::to_string(project)));
  }
  return {};
}

Result<std::uint64_t> InodesOfProject(int file, std::uint32_t project) {
  struct if_dqblk quota = {};
  if (Quotactl(file, Q_GETQUOTA, project, &quota) < 0) {
    return Fail(Error::FromErrno().Within("quotactl_fd(2) Q_GETQUOTA of project " +
                                          std::to_string(project)));
  }
  return quota.dqb_curinodes;
}

Result<void> SetProjectLimits(int file, std::uint32_t project, const ProjectLimits& limits) {
  struct if_dqblk quota = {};
  quota.dqb_bhardlimit = (limits.bytes + QIF_DQBLKSIZE - 1) / QIF_DQBLKSIZE;
  quota.dqb_ihardlimit = limits.inodes;
  quota.dqb_valid = QIF_LIMITS;
  if (Quotactl(file, Q_SETQUOTA, project, &quota) < 0) {
    return Fail(Error::FromErrno().Within("quotactl_fd(2) Q_SETQUOTA of project " +
                                          std::to_string(project)));
  }
  return {};
}

}  // namespace agentbox::kernel
