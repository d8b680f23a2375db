// The real tree, changed one name at a time.
//
// It may be written to by others meanwhile, and what is brought into it comes from someone hostile:
// each path is walked from the tree's root by openat2(2), without symlinks, mounts and "..", to a
// descriptor of the directory, and all that is done is done to a name in that. A file is complete,
// with its owner, mode and attributes, and on disk, before it has its name.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/unique_fd.h"
#include "review/attributes.h"
#include "review/decision.h"
#include "review/exchange_note.h"

namespace agentbox::review {

// What is to be there, besides what a Decision says.
struct Content {
  int file = -1;              // a regular file's, for reading
  std::string target;         // a symlink's
  struct timespec time = {};  // of its last change
  Attributes xattrs;          // those that are of users
};

// The tree at `source`, an absolute path. kNotFound: it is not there any more, or something else
// is, as a symlink in a part of the path. O_PATH.
Result<UniqueFd> OpenTree(const std::string& source);

class RealTree {
 public:
  // At `source`, an absolute path without symlinks. `own` is in the names of the copies that are
  // being made (Review::OwnNameOf). `note` is this tree's of the review. Errors as of OpenTree.
  static Result<RealTree> Open(const std::string& source,
                               const std::string& own,
                               ExchangeNote note);

  // Ends the exchange in the middle of which an apply was killed: what was saved in the place is
  // put back. Before anything is decided. kWrongState: its place has become another's. A text: what
  // is lost of, as its directory is not there any more. Where the tree is, that is said once.
  static Result<std::string> Recover(const std::string& source,
                                     const std::string& own,
                                     const ExchangeNote& note);

  // Each returns what has kept it from being done, or kNone. `before` is what was at `path` when
  // that was decided (st_mode 0: nothing): where it is something else by now, nothing is done. What
  // other errors there are is an Error.

  Result<Reason> PutFile(const std::string& path,
                         const struct stat& before,
                         const Decision& decision,
                         const Content& content);
  Result<Reason> PutSymlink(const std::string& path,
                            const struct stat& before,
                            const Decision& decision,
                            const Content& content);
  // One more name of `file`, a file of this tree.
  Result<Reason> PutLink(const std::string& path, const struct stat& before, int file);
  Result<Reason> MakeDirectory(const std::string& path,
                               const struct stat& before,
                               const Decision& decision,
                               const Attributes& xattrs);
  Result<Reason> SetMetadata(const std::string& path,
                             const struct stat& before,
                             const Decision& decision,
                             const Attributes& xattrs);
  // A directory: only if it is empty.
  Result<Reason> Remove(const std::string& path, const struct stat& before);

  // Removes the copy that an interrupted apply has left in the directory `path`, if one has.
  Result<void> CleanUp(const std::string& path);

  // Waits until all names that were changed are on disk.
  Result<void> Flush();

  // Of the tree itself, O_PATH.
  const UniqueFd& Root() const { return root_; }

 private:
  // A name in a directory that is open.
  struct Place {
    int directory = -1;
    std::string name;
    Reason obstacle = Reason::kNone;
  };

  // A new file; with the temporary name, or with none.
  struct Copy {
    UniqueFd file;
    bool has_name = false;
  };

  // Makes what is to come to the place, with the temporary name.
  using Maker = std::function<Result<Reason>(const Place& place)>;

  static constexpr const char* kReplaced = "@replaced";

  RealTree(UniqueFd root, std::string temporary, ExchangeNote note)
      : root_(std::move(root)),
        temporary_(std::move(temporary)),
        displaced_(temporary_ + kReplaced),
        note_(std::move(note)) {}

  Result<Reason> Enter(const std::string& directory);
  Result<Place> Locate(const std::string& path, const struct stat& before);
  Result<Reason> Put(const std::string& path, const struct stat& before, const Maker& make);
  Result<Reason> TakePlace(const Place& place, const struct stat& before);
  Result<Reason> TakeFree(const Place& place);
  Result<Reason> Exchange(const Place& place, const struct stat& before, const UniqueFd& old);
  Result<Reason> TryExchange(const Place& place, const UniqueFd& old, Exchanged what);
  Result<Reason> EndExchange(const Place& place, const Exchanged& what);
  Result<void> PutBack(const Place& place, const Exchanged& what);
  Result<void> DropNote(const Place& place) const;
  Error StrangerAt(const Place& place) const;
  Result<bool> IsStillAt(const std::string& path, const struct stat& directory);
  Result<bool> End(const Exchanged& what);
  Result<Reason> Replace(const Place& place, const struct stat& before);
  Result<Copy> OpenCopy(const Place& place) const;
  Result<void> MakeCopy(const Place& place,
                        const struct stat& before,
                        const Decision& decision,
                        const Content& content) const;

  UniqueFd root_;
  std::string temporary_;  // of what this program has made alone, which can go
  std::string displaced_;  // of one of the two that are exchanged; '@' is in no review's name
  ExchangeNote note_;

  // The directory that was worked in last, and whether a name in it has changed.
  std::string path_;
  UniqueFd directory_;
  bool is_changed_ = false;
};

}  // namespace agentbox::review
