// Paths of a command line, and trees. Pure.
#pragma once

#include <optional>
#include <string>

namespace agentbox::review {

// Where `given`, as typed in the directory `cwd`, is in the tree at `source`: "." is the tree, also
// for what is above it. Nothing: it is elsewhere. By the words alone: a symlink is a name.
std::optional<std::string> PathInTree(const std::string& source,
                                      const std::string& cwd,
                                      const std::string& given);

}  // namespace agentbox::review
