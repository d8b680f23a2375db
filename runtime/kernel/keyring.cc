#include "kernel/keyring.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace agentbox::kernel {

Result<void> JoinSessionKeyring(const std::string& name) {
  if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name.c_str(), 0, 0, 0) < 0 &&
      errno != ENOSYS) {
    return Fail(Error::FromErrno().Within("keyctl(2) for a session keyring"));
  }
  return {};
}

}  // namespace agentbox::kernel
