#include "review/decision.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/printable.h"
#include "base/strings.h"
#include "plan/mounts.h"
#include "review/paths.h"

namespace agentbox::review {
namespace {

constexpr mode_t kPermissions = 07777;
constexpr mode_t kSetIds = S_ISUID | S_ISGID;

bool IsThere(const struct stat& status) {
  return status.st_mode != 0;
}

// A newline, an escape sequence, or one of the control characters that UTF-8 writes as two bytes.
bool HasControlCharacters(const std::string& path) {
  if (Printable(path) != path) return true;
  for (std::size_t at = path.find('\xc2'); at != std::string::npos;
       at = path.find('\xc2', at + 1)) {
    const auto next = static_cast<unsigned char>(at + 1 < path.size() ? path[at + 1] : '\0');
    if (next >= 0x80 && next < 0xa0) return true;
  }
  return false;
}

std::optional<Reason> TypeThatIsRefused(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFCHR:
    case S_IFBLK:
      return Reason::kDevice;
    case S_IFSOCK:
      return Reason::kSocket;
    case S_IFIFO:
      return Reason::kFifo;
    default:
      return std::nullopt;
  }
}

std::optional<Reason> RefusalOf(const Change& change) {
  if (change.was_hidden) return Reason::kHidden;
  if (IsTemporary(change.path)) return Reason::kReservedName;
  // What the real tree has by such a name may go.
  if (!IsThere(change.layer)) return std::nullopt;
  if (HasControlCharacters(change.path)) return Reason::kControlCharacters;
  return TypeThatIsRefused(change.layer.st_mode);
}

// The content of a set-id file decides what its bits are worth: they stay only where it stays.
mode_t ModeOf(const Change& change, const Facts& facts, const Owner& owner) {
  const mode_t mode = facts.mode.value_or(change.layer.st_mode) & kPermissions;
  // On a directory set-gid is about the group of what is made in it, and gives nothing away.
  if (S_ISDIR(change.layer.st_mode)) return mode & ~static_cast<mode_t>(S_ISUID);
  const bool is_the_same = S_ISREG(change.real.st_mode) && !change.content &&
                           owner.uid == change.real.st_uid && owner.gid == change.real.st_gid;
  return mode & ~(is_the_same ? kSetIds & ~change.real.st_mode : kSetIds);
}

// What of a change is left to do once the target is what the tree may get.
struct Difference {
  bool type = false;
  bool content = false;
  bool mode = false;
  bool owner = false;
  bool xattrs = false;

  bool IsEmpty() const { return !type && !content && !mode && !owner && !xattrs; }
  bool IsModeAlone() const { return mode && !type && !content && !owner && !xattrs; }
};

Difference DifferenceOf(const Change& change, const Facts& facts, const Decision& decision) {
  const bool is_symlink = S_ISLNK(change.layer.st_mode);
  return {
      .type = (change.real.st_mode & S_IFMT) != (change.layer.st_mode & S_IFMT),
      .content = change.content || change.target,
      .mode = !is_symlink && (change.real.st_mode & kPermissions) != decision.mode,
      .owner = change.real.st_uid != decision.owner.uid || change.real.st_gid != decision.owner.gid,
      .xattrs = facts.xattrs_to_set,
  };
}

Action ActionOf(const Change& change, const Difference& difference) {
  if (!IsThere(change.layer)) return Action::kRemove;
  if (difference.IsEmpty()) return Action::kNothing;
  const bool is_directory = S_ISDIR(change.layer.st_mode);
  const bool was_directory = S_ISDIR(change.real.st_mode);
  if (is_directory) return was_directory ? Action::kSetMetadata : Action::kMakeDirectory;
  if (was_directory) return Action::kReplaceDirectory;
  // Of more than one thing a copy is made: half of it must not be seen. So it is of a file with
  // other names, which the overlay has kept apart, and which may be outside of the tree.
  const bool is_alone = S_ISREG(change.layer.st_mode) && change.real.st_nlink == 1;
  return is_alone && difference.IsModeAlone() ? Action::kSetMetadata : Action::kPut;
}

// A name that comes or goes in a directory sets both of its times, and so does an apply that was
// interrupted: a directory that goes must be empty by then, which says more. The one time alone is
// that of a directory that was moved here, with files in it that have the times of long ago.
bool WasMoved(const struct stat& directory) {
  return Nanoseconds(directory.st_mtim) < Nanoseconds(directory.st_ctim);
}

std::optional<Reason> ConflictOf(const Change& change,
                                 const Facts& facts,
                                 const Rules& rules,
                                 Action action) {
  if (!IsThere(change.real)) {
    if (facts.has_vanished) return Reason::kVanished;
    return std::nullopt;
  }
  // Some file systems name a directory otherwise than before though nobody has moved it.
  if (change.moved_in >= rules.started) return Reason::kChanged;
  if (Nanoseconds(change.real.st_ctim) < rules.started || facts.is_bystander) return std::nullopt;
  const bool goes = action == Action::kRemove || action == Action::kReplaceDirectory;
  if (goes && S_ISDIR(change.real.st_mode) && !WasMoved(change.real)) return std::nullopt;
  return Reason::kChanged;
}

Decision LeftOut(Decision decision, Action action, Reason reason) {
  decision.action = action;
  decision.reason = reason;
  return decision;
}

}  // namespace

std::string_view Text(Reason reason) {
  constexpr std::array<std::string_view, 17> kTexts = {
      "",
      "changed in the real tree since the sandbox started",
      "gone from the real tree since the sandbox started",
      "runs code later",
      "says what sandboxes of the project are not to see",
      "the sandbox was not to see it",
      "control characters in its name",
      "a name that is used while applying",
      "a device",
      "a socket",
      "a fifo",
      "deeper than a path can name",
      "the directory that it belongs in was not applied",
      "something in the directory stays",
      "what it was renamed to was not applied",
      "a symbolic link, a file or a mount is in the way",
      "failed",
  };
  return kTexts[static_cast<std::size_t>(reason)];
}

Decision Decide(const Change& change, const Facts& facts, const Rules& rules) {
  Decision decision;
  if (IsThere(change.layer)) {
    const bool has_uid = change.layer.st_uid != abi::kNoId;
    const bool has_gid = change.layer.st_gid != abi::kNoId;
    decision.owner = {.uid = has_uid ? change.layer.st_uid : rules.stand_in.uid,
                      .gid = has_gid ? change.layer.st_gid : rules.stand_in.gid};
    decision.changes_owner = !has_uid || !has_gid;
    decision.mode = ModeOf(change, facts, decision.owner);
    decision.drops_xattrs = facts.xattrs_to_drop;
    decision.drops_set_id = ((change.layer.st_mode ^ decision.mode) & kSetIds) != 0;
  }
  if (const auto refusal = RefusalOf(change)) {
    return LeftOut(decision, Action::kRefuse, *refusal);
  }
  decision.action = ActionOf(change, DifferenceOf(change, facts, decision));
  if (decision.action == Action::kNothing) return decision;
  const auto conflict = ConflictOf(change, facts, rules, decision.action);
  if (conflict && !rules.force) return LeftOut(decision, Action::kSkip, *conflict);
  const bool can_run =
      facts.runs_later && decision.action != Action::kRemove && !S_ISDIR(change.layer.st_mode);
  if (rules.allow_runs_later || (!can_run && !facts.has_rules)) return decision;
  decision.permitted = decision.action;
  return LeftOut(
      decision, Action::kSkip, facts.has_rules ? Reason::kProjectRules : Reason::kRunsLater);
}

bool IsTemporary(std::string_view path) {
  return NameOf(path).starts_with(kTemporaryPrefix);
}

bool IsOfUsers(std::string_view xattr) {
  return xattr.starts_with("user.") && !xattr.starts_with("user.overlay.");
}

bool LeadsOut(const std::string& source, const std::string& path, const std::string& target) {
  if (target.starts_with('/')) {
    return !plan::IsAtOrBelow(target, source) || target.find("/..") != std::string::npos;
  }
  // How many directories of the tree are above the symlink.
  auto depth = std::ranges::count(path, '/');
  for (const std::string_view part : Split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      ++depth;
    } else if (--depth < 0) {
      return true;
    }
  }
  return false;
}

}  // namespace agentbox::review
