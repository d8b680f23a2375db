// Paths of a command line, and trees. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agentbox::review {

// Where `given`, as typed in the directory `cwd`, is in the tree at `source`: "." is the tree, also
// for what is above it. Nothing: it is elsewhere. By the words alone: a symlink is a name.
std::optional<std::string> PathInTree(const std::string& source,
                                      const std::string& cwd,
                                      const std::string& given);

// Of paths in a tree, none of which has a slash at its end; "." is the tree itself, and all others
// are below it.
bool IsAtOrBelow(const std::string& path, const std::string& directory);
bool IsBelow(const std::string& path, const std::string& directory);

// The directory that `path` is in, "." at the top; and its last name.
std::string ParentOf(const std::string& path);
std::string_view NameOf(std::string_view path);

}  // namespace agentbox::review
