// The text of a patch that git-apply(1) and patch(1) take: headers, and the hunks of whole files.
// Pure.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace agentbox::review {

// As git has modes: 100644, 100755 or 120000.
std::string GitMode(mode_t mode);

// Whether git-apply(1) refuses the name, and with it the patch as a whole: a part of it would be
// .git on some file system, or .gitmodules and a symlink (verify_path() in git). `before` and
// `after` as of PatchHeader.
bool IsRefusedByGit(std::string_view path, mode_t before, mode_t after);

// Whether patch(1) can not make a copy of the file beside it, and stops: in GNU patch the copy has
// 8 more characters in its name.
bool IsTooLongForPatch(std::string_view path);

// git's extended header of one file: "diff --git", and what becomes of its mode. `before` or
// `after` 0: it is not there. `is_empty` that the file made or deleted has nothing in it.
std::string PatchHeader(std::string_view path, mode_t before, mode_t after, bool is_empty);

// "--- a/path" and "+++ b/path", before hunks; /dev/null for a mode of 0.
std::string PatchNames(std::string_view path, mode_t before, mode_t after);

// "Binary files a/path and b/path differ". With an empty line before it, since git would take it
// for a part of a header that has no hunks, and then refuse the patch as a whole.
std::string BinaryLine(std::string_view path, mode_t before, mode_t after);

// The one hunk that adds ('+') or deletes ('-') all of `contents`, which are not empty.
std::string WholeHunk(char sign, std::string_view contents);

// As git decides: whether there is no NUL within the first 8000 bytes.
bool IsText(std::string_view contents);

std::uint64_t CountLines(std::string_view contents);

// How many lines hunks add and delete.
struct LineCounts {
  std::uint64_t added = 0;
  std::uint64_t deleted = 0;
};
LineCounts CountHunks(std::string_view hunks);

}  // namespace agentbox::review
