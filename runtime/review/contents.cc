#include "review/contents.h"

#include <array>

#include "kernel/contents.h"
#include "kernel/inode.h"
#include "review/entry.h"
#include "review/text_diff.h"

namespace agentbox::review {
namespace {

// diff(1) holds both files in memory.
constexpr off_t kLargest = off_t{64} << 20U;

Result<bool> IsTextFile(int file) {
  std::array<char, 8000> begin;
  const std::size_t size = TRY(kernel::ReadAt(file, begin, 0));
  return IsText({begin.data(), size});
}

bool MayBeText(int file, const struct stat& status) {
  return file >= 0 && status.st_size <= kLargest;
}

}  // namespace

bool IsOfGit(mode_t mode) {
  return S_ISREG(mode) || S_ISLNK(mode);
}

Result<std::optional<std::string>> ReadText(int file, const struct stat& status) {
  if (S_ISLNK(status.st_mode)) return std::optional(TRY(kernel::ReadLink(file, "")));
  if (!MayBeText(file, status)) return std::optional<std::string>();
  const UniqueFd opened = TRY(OpenContents(file));
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  text.resize(TRY(kernel::ReadAt(opened.Get(), text, 0)));
  if (!IsText(text)) return std::optional<std::string>();
  return std::optional(std::move(text));
}

Result<std::optional<std::string>> ReadHunks(const Change& change) {
  if (!MayBeText(change.real_file, change.real) || !MayBeText(change.data_file, change.layer)) {
    return std::optional<std::string>();
  }
  const UniqueFd before = TRY(OpenContents(change.real_file));
  const UniqueFd after = TRY(OpenContents(change.data_file));
  const bool was_text = TRY(IsTextFile(before.Get()));
  const bool is_text = TRY(IsTextFile(after.Get()));
  if (!was_text || !is_text) return std::optional<std::string>();
  return std::optional(TRY(DiffHunks(before.Get(), after.Get())));
}

Result<std::optional<LineCounts>> CountChangedLines(const Change& change) {
  LineCounts counts;
  const bool is_there = IsOfGit(change.layer.st_mode);
  const bool was_there = IsOfGit(change.real.st_mode);
  if (change.kind == ChangeKind::kMetadata) return std::optional(counts);
  if (change.kind == ChangeKind::kModified && S_ISREG(change.layer.st_mode)) {
    const auto hunks = TRY(ReadHunks(change));
    if (!hunks) return std::optional<LineCounts>();
    return std::optional(CountHunks(*hunks));
  }
  if (was_there) {
    const auto text = TRY(ReadText(change.real_file, change.real));
    if (!text) return std::optional<LineCounts>();
    counts.deleted = CountLines(*text);
  }
  if (is_there) {
    const auto text = TRY(ReadText(change.data_file, change.layer));
    if (!text) return std::optional<LineCounts>();
    counts.added = CountLines(*text);
  }
  return std::optional(counts);
}

}  // namespace agentbox::review
