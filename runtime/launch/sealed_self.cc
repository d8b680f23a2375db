#include "launch/sealed_self.h"

#include <fcntl.h>
#include <unistd.h>

#include "kernel/file.h"
#include "kernel/spawn.h"

namespace agentbox::launch {

Result<UniqueFd> SealSelf() {
  const std::string program = TRY(kernel::ReadFile(AT_FDCWD, "/proc/self/exe"));
  return kernel::SealedFile("agentbox", program);
}

Result<void> ExecSealed(const UniqueFd& self, const std::vector<char*>& args) {
  ::execveat(self.Get(), "", args.data(), environ, AT_EMPTY_PATH);
  return Fail(Error::FromErrno().Within("execveat(2) of the sealed program"));
}

}  // namespace agentbox::launch
