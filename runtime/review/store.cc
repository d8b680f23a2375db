#include "review/store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/strings.h"
#include "kernel/disk_limit.h"
#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/image.h"
#include "kernel/path.h"
#include "kernel/remove_tree.h"

namespace agentbox::review {
namespace {

const std::string kStore = "/@reviews";
const std::string kRecordFile = "review.json";
const std::string kMarkFile = "no-review.json";
const std::string kLockFile = "lock";

Error NoSuchReview(const std::string& name) {
  return Error(ErrorKind::kNotFound, "there is no review " + Quoted(name));
}

// Nothing where no review was ever made.
Result<std::optional<UniqueFd>> OpenStore(const std::string& base) {
  auto opened = kernel::Open(AT_FDCWD, base + kStore, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!opened && opened.error().Errno() == ENOENT) return std::optional<UniqueFd>();
  return std::optional<UniqueFd>(TRY(std::move(opened)));
}

Result<UniqueFd> OpenDirectory(const UniqueFd& store, const std::string& name) {
  return kernel::OpenBeneath(store.Get(), name, O_PATH | O_DIRECTORY);
}

// Nothing where the directory, which is that of the review `name`, has no record.
Result<std::optional<Record>> ReadRecord(const UniqueFd& directory, const std::string& name) {
  const auto text = kernel::ReadFile(directory.Get(), kRecordFile);
  if (!text && text.error().Errno() == ENOENT) return std::optional<Record>();
  if (!text) return Fail(text.error());
  Record record = TRY_WITHIN(FromJson(*text), kRecordFile);
  // A copy: what is done to a review is done by its name.
  if (record.name != name) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      kRecordFile + ": is that of a review " + Quoted(record.name)));
  }
  return std::optional<Record>(std::move(record));
}

// That the directory is nobody's, though it may have no record.
Result<void> Mark(const UniqueFd& directory) {
  TRY(kernel::Open(directory.Get(), kMarkFile, O_WRONLY | O_CREAT | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  return {};
}

// Whether, of a directory without a record, there is nothing that could be a review's whose record
// was lost: who makes or removes one has marked it, but for its beginning and its end.
Result<bool> IsOfNoReview(const UniqueFd& directory) {
  if (TRY(kernel::Exists(directory.Get(), kMarkFile))) return true;
  const UniqueFd readable = TRY(kernel::Open(directory.Get(), ".", O_RDONLY | O_DIRECTORY));
  return std::ranges::all_of(TRY(kernel::ListDirectory(readable.Get())),
                             [](const std::string& name) { return name == kLockFile; });
}

// As ReadRecord; an error where it was lost.
Result<std::optional<Record>> FindRecord(const UniqueFd& directory, const std::string& name) {
  auto record = TRY(ReadRecord(directory, name));
  if (record || TRY(IsOfNoReview(directory))) return record;
  // It may have been completed since.
  record = TRY(ReadRecord(directory, name));
  if (record) return record;
  return Fail(Error(ErrorKind::kInvalidSpec, kRecordFile + ": is lost"));
}

// All but the files with the lock and the mark: with these the rest is dead to RemoveDead.
Result<void> RemoveContents(const UniqueFd& directory) {
  auto marked = kernel::RenameEntry(directory.Get(), kRecordFile, kMarkFile, 0);
  if (!marked && marked.error().Errno() != ENOENT) return marked;
  if (!marked) TRY(Mark(directory));
  const UniqueFd readable = TRY(kernel::Open(directory.Get(), ".", O_RDONLY | O_DIRECTORY));
  for (const std::string& name : TRY(kernel::ListDirectory(readable.Get()))) {
    if (name != kLockFile && name != kMarkFile) TRY(kernel::RemoveTree(readable.Get(), name));
  }
  return {};
}

Result<void> RemoveDirectory(const UniqueFd& store, const std::string& name) {
  TRY_WITHIN(kernel::UnlimitDirectory(store.Get(), name), "the quota of " + name);
  const UniqueFd directory = TRY(OpenDirectory(store, name));
  TRY(RemoveContents(directory));
  return kernel::RemoveTree(store.Get(), name);
}

// The directory of a review, which is whole or damaged, and its lock.
struct Held {
  UniqueFd directory;
  UniqueFd lock;
};

Result<bool> TryLock(const UniqueFd& lock, Access access) {
  switch (access) {
    case Access::kLook:
      return true;
    case Access::kRead:
      return kernel::TryLockShared(lock.Get());
    case Access::kWrite:
      break;
  }
  return kernel::TryLock(lock.Get());
}

Result<Held> Hold(const std::string& base, const std::string& name, Access access) {
  TRY(CheckName(name));
  const auto store = TRY(OpenStore(base));
  if (!store) return Fail(NoSuchReview(name));
  auto directory = OpenDirectory(*store, name);
  if (!directory && directory.error().Errno() == ENOENT) return Fail(NoSuchReview(name));
  if (!directory) return Fail(directory.error());
  auto lock = kernel::Open(directory->Get(), kLockFile, O_WRONLY | O_NOFOLLOW);
  if (!lock && lock.error().Errno() == ENOENT) return Fail(NoSuchReview(name));
  if (!lock) return Fail(lock.error());
  if (!TRY(TryLock(*lock, access))) {
    return Fail(
        Error(ErrorKind::kWrongState, "another command is at work on the review " + Quoted(name)));
  }
  return Held{.directory = *std::move(directory), .lock = *std::move(lock)};
}

// Where it was lost, too.
Result<void> MakeLock(const std::string& base, const std::string& name) {
  TRY(CheckName(name));
  const auto store = TRY(OpenStore(base));
  const auto directory = store ? OpenDirectory(*store, name) : Fail(NoSuchReview(name));
  if (!directory) return {};  // which Hold tells of
  TRY(kernel::Open(
      directory->Get(), kLockFile, O_WRONLY | O_CREAT | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  return {};
}

// `directory` is that of the review `name` in the directory `store`.
Result<void> RemoveHeld(const std::string& store,
                        const std::string& name,
                        const UniqueFd& directory) {
  const UniqueFd opened = TRY(kernel::Open(AT_FDCWD, store, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TRY_WITHIN(RemoveContents(directory), "removing " + store + "/" + name);
  // Against RemoveDead, and who would make a review of that name.
  TRY(kernel::Lock(opened.Get()));
  TRY_WITHIN(RemoveDirectory(opened, name), "removing " + store + "/" + name);
  return {};
}

// Whether nobody has the review in `directory`: without a record, and not being removed.
Result<bool> IsDead(const UniqueFd& directory) {
  if (TRY(kernel::Exists(directory.Get(), kRecordFile))) return false;
  if (!TRY(IsOfNoReview(directory))) return false;
  const auto lock = kernel::Open(directory.Get(), kLockFile, O_WRONLY | O_NOFOLLOW);
  if (!lock && lock.error().Errno() == ENOENT) return true;
  if (!lock) return Fail(lock.error());
  return TryLock(*lock, Access::kWrite);
}

// In the directory `store`, which is locked: whether the review `name` was dead.
Result<bool> RemoveIfDead(const UniqueFd& store, const std::string& name) {
  const auto directory = OpenDirectory(store, name);
  if (!directory && directory.error().Errno() == ENOENT) return false;
  if (!directory) return Fail(directory.error());
  const bool is_dead = TRY(IsDead(*directory));
  if (is_dead) TRY_WITHIN(RemoveDirectory(store, name), "removing it");
  return is_dead;
}

// Makes the directory, under the name that is wanted or one with a number after it.
Result<std::string> MakeNamed(const UniqueFd& store, const std::string& wanted) {
  std::string name = wanted;
  for (unsigned number = 2;; ++number) {
    const auto made = kernel::MakeDirectory(store.Get(), name, S_IRWXU);
    if (made) return name;
    if (made.error().Errno() != EEXIST) return Fail(made.error());
    name = wanted + "-" + std::to_string(number);
  }
}

}  // namespace

Result<UniqueFd> Review::OpenLayers(const ReviewedMount& mount) const {
  if (!record_.is_in_image) {
    return kernel::OpenBeneath(directory_.Get(), mount.directory, O_PATH | O_DIRECTORY);
  }
  const UniqueFd image = TRY(kernel::OpenBeneath(directory_.Get(), kImageFile, O_RDWR));
  const UniqueFd root = TRY_WITHIN(kernel::MountImage(image.Get()), path_ + "/" + kImageFile);
  // The file system stays as long as something in it is open.
  return kernel::OpenBeneath(root.Get(), mount.directory, O_PATH | O_DIRECTORY);
}

ExchangeNote Review::NoteOf(const ReviewedMount& mount) const {
  return {directory_.Get(), mount.directory + ".exchange"};
}

Bystanders Review::BystandersOf(const ReviewedMount& mount) const {
  return {directory_.Get(), mount.directory + ".bystanders"};
}

Result<void> Review::KeepOnly(std::vector<ReviewedMount> mounts) {
  const std::vector<ReviewedMount> all = std::exchange(record_.mounts, std::move(mounts));
  const UniqueFd readable = TRY(kernel::Open(directory_.Get(), ".", O_RDONLY | O_DIRECTORY));
  TRY(kernel::ReplaceFile(readable.Get(), kRecordFile, ToJson(record_), S_IRUSR | S_IWUSR));
  if (record_.is_in_image) return {};
  // What is left of one when this is killed goes with the review.
  for (const ReviewedMount& mount : all) {
    const bool is_kept = std::ranges::find(record_.mounts, mount) != record_.mounts.end();
    if (!is_kept) TRY(kernel::RemoveTree(readable.Get(), mount.directory));
  }
  return {};
}

Result<bool> Review::IsInterrupted() const {
  for (const ReviewedMount& mount : record_.mounts) {
    if (TRY(NoteOf(mount).IsThere())) return true;
  }
  return false;
}

Result<Draft> Draft::Begin(const std::string& base, const std::string& name) {
  TRY(CheckName(name));
  TRY(kernel::MakeDirectories(base + kStore, S_IRWXU));
  UniqueFd store = TRY(kernel::Open(AT_FDCWD, base + kStore, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  // Against RemoveDead, for which a directory without a record is nobody's any more.
  TRY(kernel::Lock(store.Get()));
  std::string free_name = TRY(MakeNamed(store, name));
  UniqueFd directory =
      TRY(kernel::Open(store.Get(), free_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TRY(Mark(directory));
  return Draft(std::move(store), std::move(directory), std::move(free_name));
}

Draft::~Draft() {
  if (!store_) return;
  const auto removed = RemoveDirectory(store_, name_);
  static_cast<void>(removed);
  kernel::Unlock(store_.Get());
}

Result<void> Draft::Keep(Record record) {
  record.name = name_;
  const UniqueFd lock = TRY(kernel::Open(
      directory_.Get(), kLockFile, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  TRY(kernel::ReplaceFile(directory_.Get(), kRecordFile, ToJson(record), S_IRUSR | S_IWUSR));
  TRY(kernel::RemoveFile(directory_.Get(), kMarkFile));
  kernel::Unlock(store_.Get());
  store_.Reset();
  return {};
}

Result<std::string> Make(const std::string& base, Record record) {
  Draft draft = TRY(Draft::Begin(base, record.name));
  for (const ReviewedMount& mount : record.mounts) {
    TRY(kernel::MakeOwnDirectory(draft.Directory().Get(), mount.directory, S_IRWXU));
  }
  TRY(draft.Keep(std::move(record)));
  return draft.Name();
}

Result<Listing> List(const std::string& base) {
  Listing listing;
  const auto store = TRY(OpenStore(base));
  if (!store) return listing;
  for (const std::string& name : TRY(kernel::ListSubdirectories(store->Get()))) {
    const auto directory = OpenDirectory(*store, name);
    if (!directory && directory.error().Errno() == ENOENT) continue;
    auto record = directory ? FindRecord(*directory, name) : Fail(directory.error());
    if (!record) {
      listing.damaged.push_back({name, std::move(record).error().Within(PathOf(base, name))});
    } else if (*record) {
      listing.records.push_back(**std::move(record));
    }
  }
  std::ranges::sort(listing.records, {}, &Record::started);
  return listing;
}

Result<Review> Open(const std::string& base, const std::string& name, Access access) {
  Held held = TRY(Hold(base, name, access));
  // Whoever had the lock may have removed the review.
  auto record = TRY_WITHIN(ReadRecord(held.directory, name), PathOf(base, name));
  if (!record) return Fail(NoSuchReview(name));
  return Review(
      *std::move(record), PathOf(base, name), std::move(held.directory), std::move(held.lock));
}

Result<void> Remove(Review review) {
  const std::string& path = review.Path();
  const auto slash = path.rfind('/');
  return RemoveHeld(path.substr(0, slash), path.substr(slash + 1), review.Directory());
}

Result<void> RemoveDamaged(const std::string& base, const std::string& name) {
  TRY(MakeLock(base, name));
  const Held held = TRY(Hold(base, name, Access::kWrite));
  // Whoever had the lock may have removed it, and another may have the name.
  if (!TRY(kernel::Exists(held.directory.Get(), kLockFile))) return Fail(NoSuchReview(name));
  return RemoveHeld(base + kStore, name, held.directory);
}

Result<Swept> RemoveDead(const std::string& base) {
  Swept swept;
  const auto store = TRY(OpenStore(base));
  if (!store) return swept;
  TRY(kernel::Lock(store->Get()));
  for (const std::string& name : TRY(kernel::ListSubdirectories(store->Get()))) {
    auto is_removed = RemoveIfDead(*store, name);
    if (!is_removed) {
      swept.failed.push_back({name, std::move(is_removed).error().Within(PathOf(base, name))});
    } else if (*is_removed) {
      swept.removed.push_back(name);
    }
  }
  kernel::Unlock(store->Get());
  return swept;
}

std::string PathOf(const std::string& base, const std::string& name) {
  return base + kStore + "/" + name;
}

}  // namespace agentbox::review
