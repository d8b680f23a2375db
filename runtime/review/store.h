// The reviews of one user, in a directory beside their sandboxes' scratch directories:
//
//   @reviews/NAME/review.json      the record: a directory without one is no review
//                 no-review.json in its place while the review is made or removed: without
//                                both it was lost, and with it whose layers these are
//                 lock             flock(2): shared by those that read the review
//                 mount-N.exchange while `apply` works on a name (review/exchange_note.h)
//                         .bystanders  what applies have changed in passing (review/bystanders.h)
//                 image          a file system that has the next two; only where one limits them
//                 mount-N/upper    the layer of the record's mount N
//                         work     overlayfs's own
//
// What is in a layer is the sandbox's doing: nothing of it is followed or trusted. `base` is the
// directory above @reviews, absolute.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "review/bystanders.h"
#include "review/exchange_note.h"
#include "review/record.h"

namespace agentbox::review {

// The name of the image in the directory of a review.
inline constexpr const char* kImageFile = "image";

// What else may be done to a review while it is open. Nobody waits for another.
enum class Access : std::uint8_t {
  kLook,   // anything: it may be going already
  kRead,   // others may read it
  kWrite,  // nothing
};

// An open review.
class Review {
 public:
  const Record& Contents() const { return record_; }
  const UniqueFd& Directory() const { return directory_; }  // O_PATH
  const std::string& Path() const { return path_; }

  // The directory of the layer over a mount of the record's, O_PATH. ENOENT: it was never mounted.
  Result<UniqueFd> OpenLayers(const ReviewedMount& mount) const;

  // Of the tree below `mount`; borrows from this object. Not in the image, which may be full.
  ExchangeNote NoteOf(const ReviewedMount& mount) const;

  // Of the same.
  Bystanders BystandersOf(const ReviewedMount& mount) const;

  // In the names of what is made in that tree on the way, which may be another mount's, too: '@' is
  // in no review's name.
  std::string OwnNameOf(const ReviewedMount& mount) const {
    return record_.name + "@" + mount.directory;
  }

  // Takes the others, in which nothing is changed, out of the record; opened for writing.
  Result<void> KeepOnly(std::vector<ReviewedMount> mounts);

  // Whether there is one: an apply was killed, and its last step is to be ended.
  Result<bool> IsInterrupted() const;

 private:
  friend Result<Review> Open(const std::string& base, const std::string& name, Access access);
  Review(Record record, std::string path, UniqueFd directory, UniqueFd lock)
      : record_(std::move(record)),
        path_(std::move(path)),
        directory_(std::move(directory)),
        lock_(std::move(lock)) {}

  Record record_;
  std::string path_;
  UniqueFd directory_;
  UniqueFd lock_;
};

// A review that is being made: it is none, and removed with this object, before Keep.
class Draft {
 public:
  // With the name that is wanted or, where that is taken, a number after it.
  static Result<Draft> Begin(const std::string& base, const std::string& name);
  Draft(Draft&&) = default;
  Draft& operator=(Draft&&) = delete;
  ~Draft();

  const std::string& Name() const { return name_; }
  const UniqueFd& Directory() const { return directory_; }

  // Writes the record, with Name(), down.
  Result<void> Keep(Record record);

 private:
  Draft(UniqueFd store, UniqueFd directory, std::string name)
      : store_(std::move(store)), directory_(std::move(directory)), name_(std::move(name)) {}

  UniqueFd store_;  // locked against RemoveDead; empty: kept, or moved from
  UniqueFd directory_;
  std::string name_;
};

// A new review with empty directories for its layers: its name.
Result<std::string> Make(const std::string& base, Record record);

// A review whose record can not be read, is another's, or is lost.
struct Damage {
  std::string name;
  Error error;
};

struct Listing {
  std::vector<Record> records;  // oldest first
  std::vector<Damage> damaged;
};

// The reviews there are; none where there is no such directory. One that is damaged does not hide
// the others.
Result<Listing> List(const std::string& base);

// kNotFound: no review of that name. kWrongState: another command works on it.
Result<Review> Open(const std::string& base, const std::string& name, Access access);

// Removes it, with its layers; opened for writing. The record goes first: what is left when this is
// killed, RemoveDead removes.
Result<void> Remove(Review review);

// As Remove, of one that can not be opened, since its record can not be read. Errors as of Open.
Result<void> RemoveDamaged(const std::string& base, const std::string& name);

// What was removed, and what could not be, nor stop the rest.
struct Swept {
  std::vector<std::string> removed;
  std::vector<Damage> failed;
};

// Removes what is left of reviews that were being made or removed, by nobody who is at it.
Result<Swept> RemoveDead(const std::string& base);

// The path of the review `name` below `base`.
std::string PathOf(const std::string& base, const std::string& name);

// Two words, easy to say and to type: "brave-otter". Not unique by itself: Make is what numbers.
Result<std::string> MadeUpName();

// kUsage, with the rule, for what can be no name: 1 to 64 of A-Z a-z 0-9 _ + . -, the first neither
// "." nor "-".
Result<void> CheckName(const std::string& name);

}  // namespace agentbox::review
