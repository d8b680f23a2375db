// Files that run code later, outside of any sandbox, by their names: hooks of git, start files of
// shells, tasks of editors, workflows. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agentbox::review {

// A path in a tree. What it is called above makes a difference: `config` in a tree that is
// somebody's .git.
struct TreePath {
  std::string_view tree;  // absolute
  std::string_view path;  // relative to it
};

// Whether one of `patterns` is the path, whatever the case of its letters: there are file systems
// where that makes no difference. Or whether it is the HEAD of what git takes for a bare
// repository, which no pattern tells from that of .git.
//
// In a pattern `*`, `?` and `[...]` stand for what is in one name (fnmatch(3)), `**` for any number
// of directories, at the end for all below. A pattern without a slash is a name in any directory,
// one that begins with a slash is a path from the top of the tree on, any other the end of an
// absolute path.
bool RunsLater(const std::vector<std::string>& patterns, const TreePath& path);

// Whether a pattern names something that would be below the path if that were a directory: a
// symlink there decides what such a file has.
bool LeadsToWhatRunsLater(const std::vector<std::string>& patterns, const TreePath& path);

}  // namespace agentbox::review
