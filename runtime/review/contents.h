// What the files of a change have, as patches and counts of lines need it.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "review/changes.h"
#include "review/patch_text.h"

namespace agentbox::review {

// Regular files and symlinks, which are all that git knows.
bool IsOfGit(mode_t mode);

// The text of a regular file, or a symlink's target; nothing for what is binary, is larger than 64
// MiB, or is not there (-1).
Result<std::optional<std::string>> ReadText(int file, const struct stat& status);

// The hunks of a regular file that was modified; nothing where one side is binary, as above.
Result<std::optional<std::string>> ReadHunks(const Change& change);

// How many lines the change adds and deletes; nothing where one side is binary.
Result<std::optional<LineCounts>> CountChangedLines(const Change& change);

}  // namespace agentbox::review
