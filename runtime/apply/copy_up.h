// tmpcopyup: a tmpfs that begins with a copy of what it covers.
#pragma once

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

// Copies the contents of the directory `from` (O_PATH) to the empty directory `to`, with owners,
// modes and symlinks; nothing of other mounts, and no sockets. `to` itself stays as it is.
Result<void> CopyUp(const UniqueFd& from, const UniqueFd& to);

}  // namespace agentbox::apply
