// What `do` finds of its command before there is a sandbox.
#pragma once

#include <string>

namespace agentbox::container {

// The shell's status for a command that can not be run, kCommandNotFound or kCommandNotExecutable,
// found out before a sandbox is made for it: the host has what the sandbox will show. 0 if it can.
int FaultOfCommand(const std::string& command, const std::string& cwd);

}  // namespace agentbox::container
