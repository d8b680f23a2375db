#include "review/patch_text.h"

#include <algorithm>
#include <climits>

#include "review/quoting.h"

namespace agentbox::review {
namespace {

std::string SideName(char side, std::string_view path, mode_t mode) {
  if (mode == 0) return "/dev/null";
  return std::string(1, side) + "/" + std::string(path);
}

// NTFS takes for `known` also what has dots and blanks after it, or a stream of its.
bool IsTakenFor(std::string_view known, std::string_view name) {
  if (!name.starts_with(known)) return false;
  const std::size_t end = name.find_first_not_of(". ", known.size());
  return end == std::string_view::npos || name[end] == ':';
}

// NTFS has GITMOD~1 and the like for .gitmodules, or, where those are taken, GI7EBA~1, of which it
// shortens the part before the tilde as the number grows.
bool IsShortDotGitmodules(std::string_view name) {
  constexpr std::string_view kShort = "gitmod";
  constexpr std::string_view kOther = "gi7eba";
  const std::size_t tilde = name.find('~');
  if (tilde > kShort.size() || tilde + 1 == name.size()) return false;
  const char digit = name[tilde + 1];
  const std::string_view begin = name.substr(0, tilde);
  return digit >= '1' && digit <= '9' && (kShort.starts_with(begin) || kOther.starts_with(begin));
}

bool IsRefusedName(std::string_view name, bool is_symlink) {
  if (IsTakenFor(".git", name) || IsTakenFor("git~1", name)) return true;
  return is_symlink && (IsTakenFor(".gitmodules", name) || IsShortDotGitmodules(name));
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view NextLine(std::string_view& text) {
  const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(size);
  return line;
}

}  // namespace

std::string GitMode(mode_t mode) {
  if (S_ISLNK(mode)) return "120000";
  return (mode & S_IXUSR) != 0 ? "100755" : "100644";
}

bool IsTooLongForPatch(std::string_view path) {
  constexpr std::size_t kAdded = 8;  // ".oXXXXXX"
  return path.size() - (path.rfind('/') + 1) + kAdded > NAME_MAX;
}

bool IsRefusedByGit(std::string_view path, mode_t before, mode_t after) {
  std::string lower(path);
  std::ranges::transform(lower, lower.begin(), Lower);
  const bool is_symlink = S_ISLNK(before) || S_ISLNK(after);
  std::string_view rest = lower;
  for (;;) {
    // To Windows a backslash is a slash.
    const std::size_t end = rest.find_first_of("/\\");
    if (IsRefusedName(rest.substr(0, end), is_symlink)) return true;
    if (end == std::string_view::npos) return false;
    rest.remove_prefix(end + 1);
  }
}

std::string PatchHeader(std::string_view path, mode_t before, mode_t after, bool is_empty) {
  // What git calls a file without contents.
  constexpr std::string_view kEmpty = "e69de29";
  std::string text = "diff --git " + QuotedWord(SideName('a', path, 1)) + " " +
                     QuotedWord(SideName('b', path, 1)) + "\n";
  if (before == 0) {
    text += "new file mode " + GitMode(after) + "\n";
    if (is_empty) text += "index 0000000.." + std::string(kEmpty) + "\n";
  } else if (after == 0) {
    text += "deleted file mode " + GitMode(before) + "\n";
    if (is_empty) text += "index " + std::string(kEmpty) + "..0000000\n";
  } else if (GitMode(before) != GitMode(after)) {
    text += "old mode " + GitMode(before) + "\nnew mode " + GitMode(after) + "\n";
  }
  return text;
}

std::string PatchNames(std::string_view path, mode_t before, mode_t after) {
  return "--- " + QuotedWord(SideName('a', path, before)) + "\n+++ " +
         QuotedWord(SideName('b', path, after)) + "\n";
}

std::string BinaryLine(std::string_view path, mode_t before, mode_t after) {
  return "\nBinary files " + QuotedWord(SideName('a', path, before)) + " and " +
         QuotedWord(SideName('b', path, after)) + " differ\n";
}

std::string WholeHunk(char sign, std::string_view contents) {
  const std::uint64_t lines = CountLines(contents);
  const std::string range = lines == 1 ? "1" : "1," + std::to_string(lines);
  std::string text = sign == '+' ? "@@ -0,0 +" + range + " @@\n" : "@@ -" + range + " +0,0 @@\n";
  text.reserve(text.size() + contents.size() + lines + 32);
  const bool is_ended = contents.ends_with('\n');
  while (!contents.empty()) {
    text += sign;
    text += NextLine(contents);
  }
  if (!is_ended) text += "\n\\ No newline at end of file\n";
  return text;
}

bool IsText(std::string_view contents) {
  constexpr std::size_t kLookedAt = 8000;
  return contents.substr(0, kLookedAt).find('\0') == std::string_view::npos;
}

std::uint64_t CountLines(std::string_view contents) {
  const auto ends = static_cast<std::uint64_t>(std::ranges::count(contents, '\n'));
  return contents.empty() || contents.ends_with('\n') ? ends : ends + 1;
}

LineCounts CountHunks(std::string_view hunks) {
  LineCounts counts;
  while (!hunks.empty()) {
    const char sign = NextLine(hunks).front();
    if (sign == '+') ++counts.added;
    if (sign == '-') ++counts.deleted;
  }
  return counts;
}

}  // namespace agentbox::review
