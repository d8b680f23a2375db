// Paths as people type them, where a directory has several names.
#pragma once

#include <string>

namespace agentbox::container {

// The absolute `path` without symlinks, ".." and "." as far as it is there; what is not there is as
// it was typed.
std::string Resolved(const std::string& path);

// The same, but the last name, which may be a symlink that is meant itself.
std::string ResolvedAbove(const std::string& path);

}  // namespace agentbox::container
