// The runtime's own program, in memory and unchangeable: what a container could reach of it through
// /proc/PID/exe is then no file of the host's (CVE-2019-5736).
#pragma once

#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::launch {

// A sealed memfd with a copy of this program.
Result<UniqueFd> SealSelf();

// Runs the copy in this process with `args` (ended by a null) and the same environment. Returns
// only with an error.
Result<void> ExecSealed(const UniqueFd& self, const std::vector<char*>& args);

}  // namespace agentbox::launch
