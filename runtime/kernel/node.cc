#include "kernel/node.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace agentbox::kernel {

Result<void> MakeNode(
    int directory, const std::string& name, mode_t mode, std::uint32_t major, std::uint32_t minor) {
  if (::mknodat(directory, name.c_str(), mode, makedev(major, minor)) < 0) {
    return Fail(Error::FromErrno().Within("mknodat(2) of " + name));
  }
  if (::fchmodat(directory, name.c_str(), mode & 07777, 0) < 0) {
    return Fail(Error::FromErrno().Within("fchmodat(2) of " + name));
  }
  return {};
}

}  // namespace agentbox::kernel
