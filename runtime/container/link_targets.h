// Where symlinks of a workspace lead, on the host and in the sandbox, which has the workspace
// elsewhere and its own root above it.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "container/denied_files.h"

namespace agentbox::container {

// The host's paths, canonical, of what the symlink leads to; none where it leads to nothing, or
// through what the caller may not search.
Result<std::vector<std::string>> TargetsOf(const DenySearch& search, const std::string& link);

}  // namespace agentbox::container
