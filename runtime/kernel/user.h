// The ids of the calling process, which has one thread (credentials(7)), and of files.
#pragma once

#include <sys/types.h>

#include <utility>
#include <vector>

#include "base/error.h"

namespace agentbox::kernel {

Result<void> SetGroups(const std::vector<gid_t>& groups);  // setgroups(2)
Result<void> SetGid(gid_t gid);  // setresgid(2): real, effective and saved
Result<void> SetUid(uid_t uid);  // setresuid(2)

// Another effective uid for as long as this object lives (seteuid(2)): what the kernel compares
// where capabilities do not count. Meanwhile the process has no effective capabilities.
class EffectiveUid {
 public:
  static Result<EffectiveUid> Take(uid_t uid);
  EffectiveUid(EffectiveUid&& other) noexcept
      : before_(other.before_), is_taken_(std::exchange(other.is_taken_, false)) {}
  EffectiveUid(const EffectiveUid&) = delete;
  EffectiveUid& operator=(const EffectiveUid&) = delete;
  EffectiveUid& operator=(EffectiveUid&&) = delete;
  // A process that can not come back to its own uid ends: it is not what its callers think it is.
  ~EffectiveUid();

 private:
  explicit EffectiveUid(uid_t before) : before_(before) {}

  uid_t before_;
  bool is_taken_ = true;
};

// umask(2).
void SetUmask(mode_t mask);
mode_t OwnUmask();

std::vector<gid_t> OwnGroups();  // getgroups(2)

// fchown(2); -1 leaves an id as it is.
Result<void> SetOwner(int file, uid_t uid, gid_t gid);

// While it lives, the caller makes files as `uid` and `gid` (setfsuid(2), setfsgid(2)), with the
// capabilities that it had: what the kernel keeps as the credentials of an overlay mounted
// meanwhile.
class FileIds {
 public:
  static Result<FileIds> Become(uid_t uid, gid_t gid);
  FileIds(FileIds&& other) noexcept : active_(std::exchange(other.active_, false)) {}
  FileIds(const FileIds&) = delete;
  FileIds& operator=(const FileIds&) = delete;
  FileIds& operator=(FileIds&&) = delete;
  ~FileIds();

 private:
  FileIds() = default;
  bool active_ = true;
};

}  // namespace agentbox::kernel
