// --pid-file: how engines learn the pid of what they had made.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"

namespace agentbox::container {

// `path` holds the pid, whole from the moment it is there; nothing for an empty path.
Result<void> WritePidFile(const std::string& path, pid_t pid);

}  // namespace agentbox::container
