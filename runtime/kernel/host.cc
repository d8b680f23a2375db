#include "kernel/host.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace agentbox::kernel {

Result<SystemName> ReadSystemName() {
  struct utsname name = {};
  if (::uname(&name) < 0) return Fail(Error::FromErrno().Within("uname(2)"));
  return SystemName{.node = static_cast<const char*>(name.nodename),
                    .release = static_cast<const char*>(name.release),
                    .machine = static_cast<const char*>(name.machine)};
}

Result<std::optional<std::uint64_t>> FindFilesystemMagic(const std::string& path) {
  struct statfs status = {};
  if (::statfs(path.c_str(), &status) == 0) return static_cast<std::uint64_t>(status.f_type);
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::uint64_t>();
  return Fail(Error::FromErrno().Within("statfs(2) of " + path));
}

std::string FilesystemName(std::uint64_t magic) {
  constexpr std::array kNames = {
      std::pair<std::uint64_t, std::string_view>{EXT4_SUPER_MAGIC, "ext4"},
      std::pair<std::uint64_t, std::string_view>{XFS_SUPER_MAGIC, "xfs"},
      std::pair<std::uint64_t, std::string_view>{BTRFS_SUPER_MAGIC, "btrfs"},
      std::pair<std::uint64_t, std::string_view>{TMPFS_MAGIC, "tmpfs"},
      std::pair<std::uint64_t, std::string_view>{OVERLAYFS_SUPER_MAGIC, "overlay"},
      std::pair<std::uint64_t, std::string_view>{NFS_SUPER_MAGIC, "nfs"},
      std::pair<std::uint64_t, std::string_view>{FUSE_SUPER_MAGIC, "fuse"},
      std::pair<std::uint64_t, std::string_view>{0x2fc12fc1, "zfs"},
  };
  const auto* const name =
      std::ranges::find(kNames, magic, &std::pair<std::uint64_t, std::string_view>::first);
  if (name != kNames.end()) return std::string(name->second);
  return "file system " + std::to_string(magic);
}

Result<std::uint64_t> FreeSpace(const std::string& path) {
  struct statvfs status = {};
  if (::statvfs(path.c_str(), &status) < 0) {
    return Fail(Error::FromErrno().Within("statvfs(3) of " + path));
  }
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

bool HasFilePrivilege(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) < 0) return false;
  return (status.st_mode & S_ISUID) != 0 ||
         ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

unsigned LastCapability() {
  // prctl(2) gives EINVAL for the first one that there is not: one or two calls, where the file in
  // /proc takes three and may be masked.
  unsigned last = CAP_LAST_CAP;
  while (last > 0 && ::prctl(PR_CAPBSET_READ, last) < 0)
    --last;
  while (::prctl(PR_CAPBSET_READ, last + 1) >= 0)
    ++last;
  return last;
}

}  // namespace agentbox::kernel
