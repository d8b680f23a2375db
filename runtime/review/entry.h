// Entries of directories that others write to: looked at by descriptors, following nothing, and
// compared.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::review {

struct Entry {
  UniqueFd file;  // O_PATH | O_NOFOLLOW
  struct stat status = {};

  bool IsDirectory() const { return S_ISDIR(status.st_mode); }
};

// `name` in `directory`; nothing where it is not there. EXDEV where something is mounted on it.
Result<std::optional<Entry>> Look(int directory, const std::string& name);

// The same of a path below `root`, which may be longer than PATH_MAX; a symlink on the way is
// nothing. Empty: the root.
Result<std::optional<Entry>> LookBelow(int root, const std::string& path);

// Whether two regular files have the same bytes. Read in pieces, without what are holes in both.
Result<bool> HaveSameContents(const Entry& one, const Entry& other);

// Whether two statuses, of one file at two times, tell of no change but one of its names.
bool AreAlike(const struct stat& one, const struct stat& other);

// The file, which may be O_PATH, for reading; a regular one, checked by its `status`.
Result<UniqueFd> OpenContents(int file);

}  // namespace agentbox::review
