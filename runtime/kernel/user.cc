#include "kernel/user.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace agentbox::kernel {

Result<void> SetGroups(const std::vector<gid_t>& groups) {
  if (::setgroups(groups.size(), groups.data()) < 0) {
    return Fail(Error::FromErrno().Within("setgroups(2)"));
  }
  return {};
}

Result<void> SetGid(gid_t gid) {
  if (::setresgid(gid, gid, gid) < 0) {
    return Fail(Error::FromErrno().Within("setresgid(2) to " + std::to_string(gid)));
  }
  return {};
}

Result<void> SetUid(uid_t uid) {
  if (::setresuid(uid, uid, uid) < 0) {
    return Fail(Error::FromErrno().Within("setresuid(2) to " + std::to_string(uid)));
  }
  return {};
}

void SetUmask(mode_t mask) {
  ::umask(mask);
}

Result<void> SetOwner(int file, uid_t uid, gid_t gid) {
  if (::fchown(file, uid, gid) < 0) return Fail(Error::FromErrno().Within("fchown(2)"));
  return {};
}

}  // namespace agentbox::kernel
