#include "review/patch.h"

#include <algorithm>
#include <utility>

#include "review/contents.h"
#include "review/listing.h"
#include "review/patch_text.h"
#include "review/paths.h"
#include "review/quoting.h"

namespace agentbox::review {
namespace {

constexpr mode_t kSpecialBits = 07000;

// Without its newline.
std::string_view TakeLine(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

Style StyleOf(std::string_view line) {
  switch (line.empty() ? ' ' : line.front()) {
    case '+':
      return Style::kAdded;
    case '-':
      return Style::kDeleted;
    case '@':
      return Style::kPlace;
    default:
      return Style::kPlain;
  }
}

bool IsKnown(mode_t mode) {
  return mode == 0 || IsOfGit(mode) || S_ISDIR(mode);
}

bool IsRefused(const Change& change) {
  return IsTooLongForPatch(change.path) ||
         IsRefusedByGit(change.path, change.real.st_mode, change.layer.st_mode);
}

// Whether a directory is there that was not, or none any more.
bool MakesOrRemovesDirectory(const Change& change) {
  const mode_t after = change.layer.st_mode;
  return change.kind != ChangeKind::kMetadata && S_ISDIR(after != 0 ? after : change.real.st_mode);
}

// Whether a directory is new that has another mode than one which is made for a file in it. The
// set-group-ID bit comes from the directory above.
bool HasOwnMode(const Change& change, mode_t umask) {
  const mode_t mode = change.layer.st_mode;
  if (!S_ISDIR(mode) || S_ISDIR(change.real.st_mode)) return false;
  const mode_t bits = mode & 05777;
  return bits != 0755 && bits != (0777 & ~umask);
}

// Whether a file is new that has bits which git has not.
bool IsNewAndSpecial(const Change& change) {
  const mode_t mode = change.layer.st_mode;
  return S_ISREG(mode) && !S_ISREG(change.real.st_mode) && (mode & kSpecialBits) != 0;
}

// Whether something in the directory stays, since the sandbox was not shown it, which no change
// tells.
bool HasHidden(const Layer& layer, const std::string& directory) {
  const auto is_in = [&](const std::string& path) { return IsAtOrBelow(path, directory); };
  return std::ranges::any_of(layer.hidden, is_in) || std::ranges::any_of(layer.emptied, is_in);
}

// Whether there is more to the change than a patch says: an owner, attributes, bits of the mode
// that git has not, a type of file or a name that it has not, or something that was hidden from the
// sandbox, of which it has nothing. Directories come and go with their files.
bool ExceedsPatch(const Change& change, mode_t umask) {
  const mode_t before = change.real.st_mode;
  const mode_t after = change.layer.st_mode;
  if (change.was_hidden || !IsKnown(before) || !IsKnown(after)) return true;
  if (change.owner || change.xattrs) return true;
  if (IsRefused(change) && (IsOfGit(before) || IsOfGit(after))) return true;
  if (S_ISDIR(after)) return change.mode || HasOwnMode(change, umask);
  return ((before ^ after) & kSpecialBits) != 0 ? after != 0
                                                : change.mode && GitMode(before) == GitMode(after);
}

// With the mode of what is new, which ListLine leaves out, where a patch does not say it.
std::string LineBeside(const Change& change, mode_t umask) {
  const bool has_mode = HasOwnMode(change, umask) || IsNewAndSpecial(change);
  const std::string mode = has_mode ? "  (mode " + Octal(change.layer.st_mode) + ")" : "";
  return "# " + ListLine(change) + mode;
}

}  // namespace

Result<void> PatchPrinter::Visit(const Change& change) {
  ++count_;
  if (bare_ && IsBelow(change.path, bare_->path)) bare_.reset();
  TRY(PrintBare());
  if (held_ && !IsBelow(change.path, held_->file.path)) TRY(PrintHeld());
  is_blocked_ = IsBlocked(change);
  is_whole_ = !is_blocked_ && !ExceedsPatch(change, umask_);
  has_binary_ = false;
  const bool may_be_bare = is_whole_ && MakesOrRemovesDirectory(change);
  if (!is_whole_) TRY(output_.WriteLine(LineBeside(change, umask_)));
  const bool is_left_out = IsLeftOut(change);
  if (!is_left_out && S_ISDIR(change.real.st_mode) && IsOfGit(change.layer.st_mode))
    return Hold(change);
  if (!is_left_out) TRY(PrintSections(change));
  NoteWhatStays(change);
  if (!is_whole_) ++incomplete_;
  if (may_be_bare) bare_ = {change.path, LineBeside(change, umask_), /*is_counted=*/!is_whole_};
  return {};
}

Result<void> PatchPrinter::End() {
  TRY(PrintBare());
  return PrintHeld();
}

// Whether git could not make the file, since something stays where a directory above it is to be.
bool PatchPrinter::IsBlocked(const Change& change) {
  if (staying_ && !IsBelow(change.path, *staying_)) staying_.reset();
  return staying_ && IsOfGit(change.layer.st_mode);
}

bool PatchPrinter::IsLeftOut(const Change& change) const {
  // Of what was hidden a patch would show the contents, and replace it where `apply` does not.
  if (change.was_hidden) return true;
  // A fifo stays, and nothing can be added in its place.
  return output_.IsExact() && (is_blocked_ || IsRefused(change) || !IsKnown(change.real.st_mode));
}

void PatchPrinter::NoteWhatStays(const Change& change) {
  const mode_t before = change.real.st_mode;
  if (before == 0 || S_ISDIR(before)) return;
  const bool is_removed =
      IsOfGit(before) && !has_binary_ && !change.was_hidden && !IsRefused(change);
  if (is_removed) return;
  if (held_) held_->is_blocked = true;
  if (S_ISDIR(change.layer.st_mode)) staying_ = change.path;
}

Result<void> PatchPrinter::Hold(const Change& change) {
  held_ = Held{.file = {.path = change.path, .mode = change.layer.st_mode},
               .line = LineBeside(change, umask_),
               .is_whole = is_whole_,
               .is_blocked = HasHidden(layer_, change.path)};
  held_->file.text = TRY(ReadText(change.data_file, change.layer));
  return {};
}

Result<void> PatchPrinter::PrintHeld() {
  if (!held_) return {};
  const Held held = *std::exchange(held_, std::nullopt);
  is_whole_ = held.is_whole && !held.is_blocked;
  if (held.is_whole && held.is_blocked) TRY(output_.WriteLine(held.line));
  if (!held.is_blocked || !output_.IsExact()) TRY(PrintWhole('+', held.file));
  if (!is_whole_) ++incomplete_;
  return {};
}

Result<void> PatchPrinter::PrintBare() {
  if (!bare_) return {};
  const Bare bare = *std::exchange(bare_, std::nullopt);
  if (held_) held_->is_blocked = true;
  if (!bare.is_counted) ++incomplete_;
  return output_.WriteLine(bare.line);
}

Result<void> PatchPrinter::PrintSections(const Change& change) {
  const bool was_of_git = IsOfGit(change.real.st_mode);
  const bool is_of_git = IsOfGit(change.layer.st_mode);
  if (!was_of_git && !is_of_git) return {};
  const bool is_metadata = change.kind == ChangeKind::kMetadata;
  const bool is_modified = change.kind == ChangeKind::kModified && S_ISREG(change.layer.st_mode);
  if (is_metadata || is_modified) return PrintModified(change);
  return PrintReplaced(change);
}

Result<void> PatchPrinter::PrintModified(const Change& change) {
  const mode_t before = change.real.st_mode;
  const mode_t after = change.layer.st_mode;
  std::optional<std::string> hunks = std::string();
  if (change.kind == ChangeKind::kModified) hunks = TRY(ReadHunks(change));
  const bool has_text = hunks && !hunks->empty();
  if (has_text || GitMode(before) != GitMode(after)) {
    TRY(PrintHeader(PatchHeader(change.path, before, after, /*is_empty=*/false)));
  }
  if (!hunks) return PrintBinary(change.path, before, after);
  if (!has_text) return {};
  TRY(PrintHeader(PatchNames(change.path, before, after)));
  return PrintHunks(*hunks);
}

// As git does it: what was there is deleted, and what is there added. For symlinks too: patch(1)
// takes no other change of theirs.
Result<void> PatchPrinter::PrintReplaced(const Change& change) {
  if (IsOfGit(change.real.st_mode)) {
    Whole whole = {.path = change.path, .mode = change.real.st_mode};
    whole.text = TRY(ReadText(change.real_file, change.real));
    // It stays, and nothing can be added in its place.
    const bool is_all = !whole.text && output_.IsExact() && IsOfGit(change.layer.st_mode);
    if (is_all) return PrintBinary(change.path, change.real.st_mode, change.layer.st_mode);
    TRY(PrintWhole('-', whole));
  }
  if (!IsOfGit(change.layer.st_mode)) return {};
  Whole whole = {.path = change.path, .mode = change.layer.st_mode};
  whole.text = TRY(ReadText(change.data_file, change.layer));
  return PrintWhole('+', whole);
}

Result<void> PatchPrinter::PrintWhole(char sign, const Whole& whole) {
  const mode_t before = sign == '-' ? whole.mode : 0;
  const mode_t after = sign == '+' ? whole.mode : 0;
  if (!whole.text) return PrintBinary(whole.path, before, after);
  TRY(PrintHeader(PatchHeader(whole.path, before, after, whole.text->empty())));
  if (whole.text->empty()) return {};
  TRY(PrintHeader(PatchNames(whole.path, before, after)));
  return PrintHunks(WholeHunk(sign, *whole.text));
}

Result<void> PatchPrinter::PrintBinary(const std::string& path, mode_t before, mode_t after) {
  is_whole_ = false;
  has_binary_ = true;
  return output_.Write(BinaryLine(path, before, after));
}

Result<void> PatchPrinter::PrintHeader(std::string_view header) {
  while (!header.empty())
    TRY(output_.WriteLine(TakeLine(header), Style::kHeading));
  return {};
}

Result<void> PatchPrinter::PrintHunks(std::string_view hunks) {
  if (output_.IsExact()) return output_.Write(hunks);
  while (!hunks.empty()) {
    const std::string_view line = TakeLine(hunks);
    TRY(output_.WriteLine(Visible(line), StyleOf(line)));
  }
  return {};
}

}  // namespace agentbox::review
