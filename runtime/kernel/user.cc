#include "kernel/user.h"

#include <grp.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "kernel/capabilities.h"

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

Result<EffectiveUid> EffectiveUid::Take(uid_t uid) {
  const uid_t before = ::geteuid();
  if (::seteuid(uid) < 0) {
    return Fail(Error::FromErrno().Within("seteuid(2) to " + std::to_string(uid)));
  }
  return EffectiveUid(before);
}

EffectiveUid::~EffectiveUid() {
  if (is_taken_ && ::seteuid(before_) < 0) ::_exit(1);
}

void SetUmask(mode_t mask) {
  ::umask(mask);
}

mode_t OwnUmask() {
  const mode_t mask = ::umask(022);
  ::umask(mask);
  return mask;
}

std::vector<gid_t> OwnGroups() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(0, count)));
  return groups;
}

Result<void> SetOwner(int file, uid_t uid, gid_t gid) {
  if (::fchown(file, uid, gid) < 0) return Fail(Error::FromErrno().Within("fchown(2)"));
  return {};
}

Result<FileIds> FileIds::Become(uid_t uid, gid_t gid) {
  const ThreadCapabilities capabilities = TRY(ReadCapabilities());
  FileIds ids;
  ::setfsgid(gid);
  ::setfsuid(uid);
  // Neither call reports an error; -1 is no id, so that it changes nothing and tells the present
  // one.
  const auto now_uid = static_cast<uid_t>(::setfsuid(static_cast<uid_t>(-1)));
  const auto now_gid = static_cast<gid_t>(::setfsgid(static_cast<gid_t>(-1)));
  if (now_uid != uid || now_gid != gid) {
    return Fail(Error::FromErrno(EPERM).Within("setfsuid(2) to " + std::to_string(uid)));
  }
  // Leaving 0 took those over files out of the effective set (capabilities(7)).
  TRY(SetCapabilities(capabilities));
  return ids;
}

FileIds::~FileIds() {
  if (!active_) return;
  ::setfsuid(::geteuid());
  ::setfsgid(::getegid());
}

}  // namespace agentbox::kernel
