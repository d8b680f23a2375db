#include "kernel/host.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <cerrno>

namespace agentbox::kernel {

Result<SystemName> ReadSystemName() {
  struct utsname name = {};
  if (::uname(&name) < 0) return Fail(Error::FromErrno().Within("uname(2)"));
  return SystemName{.release = static_cast<const char*>(name.release),
                    .machine = static_cast<const char*>(name.machine)};
}

Result<std::optional<std::uint64_t>> FindFilesystemMagic(const std::string& path) {
  struct statfs status = {};
  if (::statfs(path.c_str(), &status) == 0) return static_cast<std::uint64_t>(status.f_type);
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::uint64_t>();
  return Fail(Error::FromErrno().Within("statfs(2) of " + path));
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
