// What becomes of one change when a review is applied: a table. Pure: no system call.
//
// The layer is the work of an agent that may mean harm; the real tree may have gone on meanwhile.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "review/changes.h"

namespace agentbox::review {

enum class Action : std::uint8_t {
  kNothing,        // the real tree is so already
  kMakeDirectory,  // in the place of nothing, or of a file
  kPut,            // a copy of the layer's entry, in the place of nothing or of a file
  kSetMetadata,    // of what is there: the mode of a file; mode, owner, attributes of a directory
  kReplaceDirectory,  // as kPut, in the place of a directory, once that is empty
  kRemove,            // a file, or a directory once it is empty
  kSkip,              // a conflict, or not wanted
  kRefuse,            // never
};

enum class Reason : std::uint8_t {
  kNone,
  // Conflicts, which `force` overrides.
  kChanged,   // in the real tree, since the sandbox started
  kVanished,  // from there
  // Not without a yes.
  kRunsLater,
  kProjectRules,  // what sandboxes of the project are not shown is said there
  // Refused.
  kHidden,             // it is there, and the sandbox was not to see it
  kControlCharacters,  // in its name
  kReservedName,
  kDevice,
  kSocket,
  kFifo,
  kTooDeep,  // for a path to name, with all that is below
  // What follows from others, or comes up on the way.
  kDirectoryMissing,  // the one it is to be in was not made
  kNotEmpty,          // something in the directory stays
  kRenamed,           // to what was not applied: the real tree would have it no more
  kInTheWay,          // a symlink or a mount in the real tree, on the way to it
  kFailed,
};

// "changed in the real tree since the sandbox started".
std::string_view Text(Reason reason);

// Whether it is one of those that a yes lets through.
constexpr bool IsForAYes(Reason reason) {
  return reason == Reason::kRunsLater || reason == Reason::kProjectRules;
}

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

// What is not in the change itself.
struct Facts {
  bool is_bystander = false;    // Bystanders::Has
  bool has_vanished = false;    // the layer's entry comes of one that the real tree has no more
  bool runs_later = false;      // RunsLater
  bool has_rules = false;       // it is the file of a project's own rules
  bool xattrs_to_set = false;   // attributes of users (user.*) differ
  bool xattrs_to_drop = false;  // others do, which are not applied
  std::optional<mode_t> mode;   // of the layer's entry without its access list, which is dropped
};

struct Rules {
  std::int64_t started = 0;  // Record::started
  Owner stand_in;            // gets what belongs to an id outside the map
  bool force = false;
  bool allow_runs_later = false;
};

struct Decision {
  Action action = Action::kNothing;
  Reason reason = Reason::kNone;
  Action permitted = Action::kSkip;  // what a yes makes of it, where the reason is for one

  // Of the entry as it is to be in the real tree.
  mode_t mode = 0;  // permissions, without the type
  Owner owner;

  // What the layer has and the tree does not get.
  bool drops_set_id = false;
  bool changes_owner = false;
  bool drops_xattrs = false;

  bool IsDone() const { return action == Action::kNothing; }
  bool IsLeftOut() const { return action == Action::kSkip || action == Action::kRefuse; }
};

Decision Decide(const Change& change, const Facts& facts, const Rules& rules);

// What the name of a copy begins with that is being made, in the directory where it is to be: no
// change may have such a name.
constexpr std::string_view kTemporaryPrefix = ".agentbox-apply-";

// Whether `path` ends in such a name.
bool IsTemporary(std::string_view path);

// Whether the extended attribute of that name is the file's user's, and is applied. Lists of access
// rights and capabilities are not: they give rights away.
bool IsOfUsers(std::string_view xattr);

// Whether the symlink `path`, in a tree at `source`, with the target `target`, leads out of the
// tree by its words.
bool LeadsOut(const std::string& source, const std::string& path, const std::string& target);

}  // namespace agentbox::review
