#include "launch/sealed_self.h"

#include <fcntl.h>
#include <unistd.h>

#include "kernel/file.h"
#include "kernel/process.h"
#include "kernel/spawn.h"

namespace agentbox::launch {

Result<UniqueFd> SealSelf() {
  constexpr std::size_t kProgramLimit = 1U << 30U;  // with debug information it is large
  const UniqueFd file = TRY(kernel::Open(AT_FDCWD, "/proc/self/exe", O_RDONLY));
  const std::string program = TRY_WITHIN(kernel::ReadAll(file.Get(), kProgramLimit), "own program");
  return kernel::SealedFile("agentbox", program);
}

Result<void> ExecSealed(const UniqueFd& self, const std::vector<char*>& args) {
  return Fail(kernel::ExecuteFile(self, args.data(), environ).Within("the sealed program"));
}

}  // namespace agentbox::launch
