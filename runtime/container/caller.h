// What `do` finds of its caller: the standard streams, and whether the command is there.
#pragma once

#include <string>

#include "base/error.h"

namespace agentbox::container {

// Which of the standard streams are terminals; bit N is descriptor N.
unsigned TerminalStreams();

// kRefused for a standard stream that is a directory: an open one of the host's leads out of any
// sandbox, by "/proc/self/fd/0/.." (CVE-2024-21626).
Result<void> CheckStreams();

// The shell's status for a command that can not be run, kCommandNotFound or kCommandNotExecutable,
// found out before a sandbox is made for it: the host has what the sandbox will show. 0 if it can.
int FaultOfCommand(const std::string& command, const std::string& cwd);

}  // namespace agentbox::container
