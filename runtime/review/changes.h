// What a layer, the upper directory of an overlay, changes in the real tree that was its lower one.
//
// Only the layer is walked. Of the real tree the entries are looked at that the layer has, too, and
// names are read only below what was deleted, replaced or renamed. The layer is hostile: no symlink
// is followed, everything goes by descriptors, and neither the stack nor the number of open files
// grows with its depth. Memory grows with the names in the directories on the way to where the walk
// is, and with the files of the layer that have several names.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "abi/ids.h"
#include "base/error.h"

namespace agentbox::review {

// As Record::started.
constexpr std::int64_t Nanoseconds(const struct timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

struct Layer {
  int upper = -1;  // the upper directory; borrowed, may be O_PATH
  // The real tree; borrowed, may be O_PATH. EXDEV where something is mounted below that is come
  // across: best a copy without submounts (kernel::CloneTree), which is what the overlay saw.
  int tree = -1;

  // The layer's ids are the host's of these maps, the real tree's those of the container. Empty:
  // both have the same (files that were not idmapped).
  abi::IdMaps maps;
  bool uses_user_xattrs = false;  // overlay's marks are user.overlay.*, not trusted.overlay.*

  // Record's: paths of the real tree that the sandbox was not shown, or as empty directories. What
  // is there in the real tree is no change, and never deleted.
  std::vector<std::string> hidden;
  std::vector<std::string> emptied;

  // Only changes of these paths, and below them. Empty: all.
  std::vector<std::string> only;
};

enum class ChangeKind : std::uint8_t {
  kAdded,
  kModified,  // the same type of file; contents, symlink's target or device number differ
  kDeleted,
  kTypeChanged,
  kMetadata,  // mode, owner or extended attributes alone
};

// `path` and `from` have neither an empty part nor "." or "..", and no NUL; they may have newlines
// and bytes that are no UTF-8. The tree's root itself, whose mode or owner can change, is ".".
struct Change {
  ChangeKind kind = ChangeKind::kAdded;
  std::string path;  // relative to the tree

  // Where it comes from, relative to the tree: of a renamed directory its place in the real tree;
  // of a further name of a file in the layer (hard link) the first name. Empty: none.
  std::string from;

  struct stat real = {};  // of the real tree; st_mode 0: not there
  // As the container saw it: its ids, -1: outside the map; st_mode 0: not there.
  struct stat layer = {};

  // What differs, where both are there and are of one type.
  bool content = false;
  bool mode = false;  // of 07777
  bool owner = false;
  bool xattrs = false;
  bool target = false;  // of a symlink

  // The sandbox was not shown what the real tree has at `path`, or a directory above it.
  bool was_hidden = false;

  // When, in nanoseconds, the real tree's directory that it is in came to its place, or one above
  // it, where that is another than the sandbox saw; 0: it is the same, or the layer does not tell.
  std::int64_t moved_in = 0;

  // The layer has an entry at `path`: its owner, mode and attributes are that one's. Else all of it
  // is that of the real tree at `data`: it was not touched when a directory above it was renamed.
  bool is_in_layer = false;

  // The path in the real tree of the contents (and of a symlink's target) where they are not in the
  // layer: of what is not there, and of files of which only the metadata was copied (metacopy).
  std::string data;

  // Open while the change is visited, O_PATH | O_NOFOLLOW, borrowed; -1: not there.
  int real_file = -1;   // what `real` is of
  int layer_file = -1;  // what `layer` is of
  int data_file = -1;   // what has the contents; mostly `layer_file`
};

class Visitor {
 public:
  // An error ends the walk, and is its result.
  virtual Result<void> Visit(const Change& change) = 0;

  // For each entry that is looked at, changed or not.
  virtual void Look(const std::string& /*path*/) {}

  // For each entry of the real tree that is compared, changed or not, before it is visited; O_PATH,
  // borrowed.
  virtual void LookAtReal(int /*file*/) {}

 protected:
  ~Visitor() = default;
};

// Visits all changes, parents before what is below them, the names of one directory in the order of
// their bytes. A directory that was deleted or replaced comes with everything that the real tree
// has below it, one that was renamed as deleted at its old place and added at the new one.
//
// kRefused for a mark of the layer's that no overlay makes (a redirect to "..").
Result<void> WalkChanges(const Layer& layer, Visitor& visitor);

// Whether there is any; looks no further than to the first one.
Result<bool> HasChanges(const Layer& layer);

}  // namespace agentbox::review
