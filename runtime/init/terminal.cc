#include "init/terminal.h"

#include <fcntl.h>

#include "apply/console.h"
#include "kernel/file.h"

namespace agentbox::init {

Result<std::optional<apply::Console>> OpenTerminal(const plan::ProcessPlan& process,
                                                   const UniqueFd& console_socket,
                                                   ConsoleDevice device) {
  if (!process.terminal) return std::optional<apply::Console>();
  const UniqueFd root = TRY(kernel::Open(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  apply::Console console = TRY(apply::OpenConsole(root, process));
  if (device == ConsoleDevice::kBound) TRY(apply::BindConsole(root, console));
  if (console_socket) TRY(apply::SendConsole(console_socket.Get(), console));
  return std::optional<apply::Console>(std::move(console));
}

}  // namespace agentbox::init
