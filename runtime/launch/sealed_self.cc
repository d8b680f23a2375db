#include "launch/sealed_self.h"

#include <fcntl.h>
#include <unistd.h>

#include "kernel/file.h"
#include "kernel/process.h"
#include "kernel/spawn.h"

namespace agentbox::launch {

Result<UniqueFd> SealSelf() {
  const std::string program = TRY(kernel::ReadFile(AT_FDCWD, "/proc/self/exe"));
  return kernel::SealedFile("agentbox", program);
}

Result<void> ExecSealed(const UniqueFd& self, const std::vector<char*>& args) {
  return Fail(kernel::ExecuteFile(self, args.data(), environ).Within("the sealed program"));
}

}  // namespace agentbox::launch
