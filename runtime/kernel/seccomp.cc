#include "kernel/seccomp.h"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace agentbox::kernel {

Result<UniqueFd> LoadSeccompFilter(const abi::SeccompProgram& program) {
  struct sock_filter* const instructions =
      const_cast<struct sock_filter*>(program.instructions.data());  // the kernel only reads them
  const struct sock_fprog argument = {
      .len = static_cast<unsigned short>(program.instructions.size()), .filter = instructions};
  const auto result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, program.flags, &argument);
  if (result < 0) return Fail(Error::FromErrno().Within("seccomp(2) SECCOMP_SET_MODE_FILTER"));
  if ((program.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0) return UniqueFd();
  return UniqueFd(static_cast<int>(result));
}

bool HasSeccompAction(std::uint32_t action) {
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

}  // namespace agentbox::kernel
