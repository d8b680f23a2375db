#include "review/real_tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "kernel/copy.h"
#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/path.h"
#include "kernel/user.h"
#include "kernel/xattr.h"
#include "review/entry.h"
#include "review/paths.h"

namespace agentbox::review {
namespace {

std::string TemporaryName(const std::string& own) {
  // A name may have 255 bytes (NAME_MAX).
  constexpr std::size_t kMost = 200;
  return std::string(kTemporaryPrefix) + own.substr(0, kMost);
}

bool IsThere(const struct stat& status) {
  return status.st_mode != 0;
}

// Whether nobody has touched it. The time of a directory is that of all that is made and removed in
// it, by this program too.
bool IsSame(const struct stat& before, const std::optional<struct stat>& now) {
  if (!now || !IsThere(before)) return !now && !IsThere(before);
  if (now->st_ino != before.st_ino || now->st_dev != before.st_dev) return false;
  if ((now->st_mode & S_IFMT) != (before.st_mode & S_IFMT)) return false;
  if (S_ISDIR(before.st_mode) || Nanoseconds(now->st_ctim) == Nanoseconds(before.st_ctim))
    return true;
  // One of its other names came or went, which is a change of the file: perhaps by this program.
  const bool has_other_names = before.st_nlink > 1 || now->st_nlink > 1;
  return has_other_names && AreAlike(before, *now);
}

Result<void> SetXattrs(int file, const Attributes& xattrs) {
  for (const std::string& name : TRY(kernel::ListXattrs(file))) {
    const bool is_kept =
        std::ranges::find(xattrs, name, &Attributes::value_type::first) != xattrs.end();
    if (IsOfUsers(name) && !is_kept) TRY(kernel::RemoveXattr(file, name));
  }
  for (const auto& [name, value] : xattrs)
    TRY(kernel::SetXattr(file, name, value));
  return {};
}

// The owner of the tree has said who else may use the file that is replaced: a copy without that
// would give what its mode says to the file's group instead.
Result<void> TakeAccessOf(int directory, const std::string& name, int copy) {
  const UniqueFd file = TRY(kernel::OpenOnMount(directory, name, O_PATH | O_NOFOLLOW));
  for (const char* const xattr : {"system.posix_acl_access", "security.selinux"}) {
    const auto value = TRY(kernel::ReadXattr(file.Get(), xattr));
    const auto own = TRY(kernel::ReadXattr(copy, xattr));
    if (value == own) continue;
    TRY(value ? kernel::SetXattr(copy, xattr, *value) : kernel::RemoveXattr(copy, xattr));
  }
  return {};
}

// The owner before the mode, of which a change of the owner takes bits away.
Result<void> SetOwnership(int file, const Decision& decision) {
  TRY(kernel::SetOwner(file, decision.owner.uid, decision.owner.gid));
  return kernel::SetMode(file, decision.mode);
}

// As IsSame, once the entry was moved, which is a change of it by itself; perhaps before the
// machine was started again, which may number its devices otherwise. Of a directory only whether it
// is that: what is in it is seen when it goes.
bool IsUntouched(const struct stat& before, const std::optional<struct stat>& now) {
  if (!now || now->st_ino != before.st_ino) return false;
  if (S_ISDIR(before.st_mode)) return S_ISDIR(now->st_mode);
  return AreAlike(before, *now);
}

// A directory only if it is empty.
Result<Reason> RemoveAt(int directory, const std::string& name, const struct stat& before) {
  if (!S_ISDIR(before.st_mode)) {
    TRY(kernel::RemoveEntry(directory, name));
    return Reason::kNone;
  }
  auto removed = kernel::RemoveDirectory(directory, name);
  if (removed) return Reason::kNone;
  const int number = removed.error().Errno();
  if (number == ENOTEMPTY || number == EEXIST) return Reason::kNotEmpty;
  return Fail(std::move(removed).error());
}

// As RENAME_NOREPLACE, which network file systems do not have (NFS, 9p): link(2) replaces nothing,
// and rename(2) of a directory at most one that is empty.
Result<void> MoveToFree(int directory, const std::string& from, const std::string& to) {
  const auto made = TRY(kernel::StatEntry(directory, from));
  if (made && S_ISDIR(made->st_mode)) return kernel::RenameEntry(directory, from, to, 0);
  TRY(kernel::LinkEntry(directory, from, to));
  return kernel::RemoveEntry(directory, from);
}

// Whoever may write to the directory can put something of another's in the place of what was just
// made there, for this program to give away: its owner and its time are not set, then.

Result<bool> IsNewSymlink(const UniqueFd& made, const std::string& target) {
  const struct stat status = TRY(kernel::Stat(made.Get()));
  return S_ISLNK(status.st_mode) && status.st_nlink == 1 && status.st_uid == ::geteuid() &&
         TRY(kernel::ReadLink(made.Get(), "")) == target;
}

// A parent may have lent it its set-group-ID bit.
Result<bool> IsNewDirectory(const UniqueFd& made) {
  const struct stat status = TRY(kernel::Stat(made.Get()));
  const bool is_private = (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  return is_private && status.st_uid == ::geteuid() &&
         TRY(kernel::ListDirectory(made.Get())).empty();
}

}  // namespace

Result<UniqueFd> OpenTree(const std::string& source) {
  const UniqueFd top = TRY(kernel::Open(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  const std::string path = source.size() > 1 ? source.substr(1) : ".";
  auto opened = kernel::OpenBeneath(top.Get(), path, O_PATH | O_DIRECTORY);
  if (opened) return opened;
  const std::string tree = "the real tree " + source;
  switch (opened.error().Errno()) {
    case ENOENT:
      return Fail(Error(ErrorKind::kNotFound, tree + " is not there any more"));
    case ENOTDIR:
    case ELOOP:
      return Fail(Error(ErrorKind::kNotFound,
                        tree + " is not there any more: a file or a symbolic link is on the way"));
    default:
      return Fail(std::move(opened).error().Within(tree));
  }
}

Result<RealTree> RealTree::Open(const std::string& source,
                                const std::string& own,
                                ExchangeNote note) {
  UniqueFd root = TRY(OpenTree(source));
  return RealTree(std::move(root), TemporaryName(own), std::move(note));
}

Result<Reason> RealTree::Enter(const std::string& directory) {
  if (directory_ && path_ == directory) return Reason::kNone;
  TRY(Flush());
  directory_.Reset();
  auto opened = kernel::OpenOnMount(root_.Get(), directory, O_RDONLY | O_DIRECTORY);
  if (!opened) {
    switch (opened.error().Errno()) {
      case ENOENT:
        return Reason::kDirectoryMissing;
      case ELOOP:    // a symlink
      case ENOTDIR:  // a file
      case EXDEV:    // a mount
        return Reason::kInTheWay;
      default:
        return Fail(std::move(opened).error());
    }
  }
  path_ = directory;
  directory_ = *std::move(opened);
  return Reason::kNone;
}

Result<RealTree::Place> RealTree::Locate(const std::string& path, const struct stat& before) {
  Place place = {.name = std::string(NameOf(path))};
  place.obstacle = TRY(Enter(ParentOf(path)));
  if (place.obstacle != Reason::kNone) return place;
  place.directory = directory_.Get();
  const auto now = TRY(kernel::StatEntry(place.directory, place.name));
  if (!IsSame(before, now)) place.obstacle = Reason::kChanged;
  return place;
}

// Without a name where there are such files: what is interrupted then leaves nothing.
Result<RealTree::Copy> RealTree::OpenCopy(const Place& place) const {
  constexpr mode_t kPrivate = S_IRUSR | S_IWUSR;
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  auto unnamed = kernel::OpenUnnamed(place.directory, kPrivate);
  if (unnamed) return Copy{.file = *std::move(unnamed), .has_name = false};
  const int number = unnamed.error().Errno();
  // EISDIR: a file system that takes no notice of the flag.
  if (number != EOPNOTSUPP && number != EISDIR) return Fail(std::move(unnamed).error());
  TRY(kernel::RemoveFile(place.directory, temporary_));
  UniqueFd named = TRY(kernel::Open(place.directory, temporary_, kNew, kPrivate));
  return Copy{.file = std::move(named), .has_name = true};
}

// Complete, and on disk, when it gets its temporary name.
Result<void> RealTree::MakeCopy(const Place& place,
                                const struct stat& before,
                                const Decision& decision,
                                const Content& content) const {
  const Copy made = TRY(OpenCopy(place));
  const int copy = made.file.Get();
  TRY(kernel::CopySparse(content.file, copy));
  TRY(SetXattrs(copy, content.xattrs));
  if (S_ISREG(before.st_mode)) TRY(TakeAccessOf(place.directory, place.name, copy));
  TRY(SetOwnership(copy, decision));
  TRY(kernel::SetModifiedTime(copy, content.time));
  TRY(kernel::Synchronize(copy));
  if (made.has_name) return {};
  TRY(kernel::RemoveFile(place.directory, temporary_));
  return kernel::LinkFile(copy, place.directory, temporary_);
}

// What has the temporary name gets the place's, unless somebody has been there since: it takes time
// to copy a file.
Result<Reason> RealTree::TakePlace(const Place& place, const struct stat& before) {
  is_changed_ = true;
  if (!IsThere(before)) return TakeFree(place);
  const auto old = kernel::Open(place.directory, place.name, O_PATH | O_NOFOLLOW);
  if (!old && old.error().Errno() == ENOENT) return Reason::kChanged;
  if (!old) return Fail(old.error());
  if (!IsSame(before, TRY(kernel::Stat(old->Get())))) return Reason::kChanged;
  return Exchange(place, before, *old);
}

Result<Reason> RealTree::TakeFree(const Place& place) {
  auto moved = kernel::RenameEntry(place.directory, temporary_, place.name, RENAME_NOREPLACE);
  if (!moved && moved.error().Errno() == EINVAL) {
    moved = MoveToFree(place.directory, temporary_, place.name);
  }
  if (moved) return Reason::kNone;
  const int number = moved.error().Errno();
  // The last two: by a rename without flags, of a directory to what is none, or is not empty.
  if (number == EEXIST || number == ENOTDIR || number == ENOTEMPTY) return Reason::kChanged;
  return Fail(std::move(moved).error());
}

// There is no moment at which neither is there. What was put in the place in the last moment, or
// into the directory that was there, comes back with it: also when this is killed, by Recover.
Result<Reason> RealTree::Exchange(const Place& place,
                                  const struct stat& before,
                                  const UniqueFd& old) {
  const auto made = TRY(kernel::StatEntry(place.directory, temporary_));
  if (!made) return Reason::kChanged;
  if (TRY(kernel::StatEntry(place.directory, displaced_))) return Fail(StrangerAt(place));
  const struct stat directory = TRY(kernel::Stat(place.directory));
  const std::string path = path_ == "." ? place.name : path_ + "/" + place.name;
  const Exchanged what = {.path = path, .before = before, .made = *made, .directory = directory};
  TRY(note_.Write(what));
  auto done = TryExchange(place, old, what);
  TRY(DropNote(place));
  return done;
}

Result<Reason> RealTree::TryExchange(const Place& place, const UniqueFd& old, Exchanged what) {
  const int directory = place.directory;
  auto moved = kernel::RenameEntry(directory, temporary_, displaced_, RENAME_NOREPLACE);
  if (!moved && moved.error().Errno() == EINVAL) return Replace(place, what.before);
  if (!moved && moved.error().Errno() == EEXIST) return Fail(StrangerAt(place));
  TRY(std::move(moved));
  auto exchanged = kernel::RenameEntry(directory, displaced_, place.name, RENAME_EXCHANGE);
  if (exchanged) {
    // On an overlay what tells a file from others may change with the move.
    what.before.st_ino = TRY(kernel::Stat(old.Get())).st_ino;
    return EndExchange(place, what);
  }
  TRY(kernel::RenameEntry(directory, displaced_, temporary_, 0));
  const int number = exchanged.error().Errno();
  if (number == EINVAL) return Replace(place, what.before);
  if (number == ENOENT) return Reason::kChanged;
  return Fail(std::move(exchanged).error());
}

// Whichever of the two has the name now, at whatever point an apply was killed: what this program
// made goes, and what was there before; anything else gets its place back, or stays.
Result<Reason> RealTree::EndExchange(const Place& place, const Exchanged& what) {
  const int directory = place.directory;
  const auto left = TRY(kernel::StatEntry(directory, displaced_));
  if (!left) return Reason::kChanged;
  if (!IsUntouched(what.before, left)) {
    TRY(PutBack(place, what));
    return Reason::kChanged;
  }
  auto removed = RemoveAt(directory, displaced_, what.before);
  if (removed && *removed == Reason::kNone) return removed;
  TRY(PutBack(place, what));
  return removed;
}

Result<void> RealTree::PutBack(const Place& place, const Exchanged& what) {
  const int directory = place.directory;
  if (IsUntouched(what.made, TRY(kernel::StatEntry(directory, place.name))))
    TRY(kernel::RenameEntry(directory, displaced_, place.name, RENAME_EXCHANGE));
  const bool is_made = IsUntouched(what.made, TRY(kernel::StatEntry(directory, displaced_)));
  if (is_made && TRY(RemoveAt(directory, displaced_, what.made)) == Reason::kNone) return {};
  return Fail(StrangerAt(place));
}

// What is left of an exchange is dealt with by Recover.
Result<void> RealTree::DropNote(const Place& place) const {
  if (TRY(kernel::StatEntry(place.directory, displaced_))) return {};
  return note_.Remove();
}

Error RealTree::StrangerAt(const Place& place) const {
  return {ErrorKind::kWrongState,
          Quoted(displaced_) + " beside it is somebody else's, perhaps saved as " +
              Quoted(place.name) + " while that was replaced: move it away to go on"};
}

Result<bool> RealTree::IsStillAt(const std::string& path, const struct stat& directory) {
  if (TRY(Enter(path)) != Reason::kNone) return false;
  return TRY(kernel::Stat(directory_.Get())).st_ino == directory.st_ino;
}

// Whether it could be: its directory may be another one by now.
Result<bool> RealTree::End(const Exchanged& what) {
  if (!TRY(IsStillAt(ParentOf(what.path), what.directory))) return false;
  const Place place = {.directory = directory_.Get(), .name = std::string(NameOf(what.path))};
  is_changed_ = true;
  TRY_WITHIN(EndExchange(place, what), Quoted(what.path));
  TRY(Flush());
  return true;
}

Result<std::string> RealTree::Recover(const std::string& source,
                                      const std::string& own,
                                      const ExchangeNote& note) {
  const auto what = TRY(note.Read());
  // Half a note: the exchange had not begun.
  if (!what) {
    TRY(note.Remove());
    return std::string();
  }
  auto tree = Open(source, own, note);
  if (!tree && tree.error().Kind() != ErrorKind::kNotFound) return Fail(std::move(tree).error());
  if (tree) {
    const bool is_ended = TRY(tree->End(*what));
    TRY(note.Remove());
    if (is_ended) return std::string();
  }
  // The note of a tree that is gone stays: it may be on a disk that is not mounted.
  return "an apply was killed while it replaced " + Quoted(what->path) + " of " + source +
         ", whose directory is not there any more: wherever it is, " +
         Quoted(TemporaryName(own) + kReplaced) + " in it may be what was saved as that";
}

// Where the file system can not exchange (NFS, 9p), a file takes a file's place at once; a
// directory goes first, or what is to become one.
Result<Reason> RealTree::Replace(const Place& place, const struct stat& before) {
  const auto made = TRY(kernel::StatEntry(place.directory, temporary_));
  if (S_ISDIR(before.st_mode) || (made && S_ISDIR(made->st_mode))) {
    const Reason removed = TRY(RemoveAt(place.directory, place.name, before));
    return removed == Reason::kNone ? TakeFree(place) : removed;
  }
  auto renamed = kernel::RenameEntry(place.directory, temporary_, place.name, 0);
  if (renamed) return Reason::kNone;
  if (renamed.error().Errno() == EISDIR) return Reason::kChanged;
  return Fail(std::move(renamed).error());
}

// What did not come to its place leaves nothing in the directory.
Result<Reason> RealTree::Put(const std::string& path,
                             const struct stat& before,
                             const Maker& make) {
  const Place place = TRY(Locate(path, before));
  if (place.obstacle != Reason::kNone) return place.obstacle;
  TRY(CleanUp(ParentOf(path)));
  auto put = make(place);
  if (put && *put == Reason::kNone) put = TakePlace(place, before);
  if (!put || *put != Reason::kNone) TRY(CleanUp(ParentOf(path)));
  return put;
}

Result<Reason> RealTree::PutFile(const std::string& path,
                                 const struct stat& before,
                                 const Decision& decision,
                                 const Content& content) {
  return Put(path, before, [&](const Place& place) -> Result<Reason> {
    TRY(MakeCopy(place, before, decision, content));
    return Reason::kNone;
  });
}

Result<Reason> RealTree::PutSymlink(const std::string& path,
                                    const struct stat& before,
                                    const Decision& decision,
                                    const Content& content) {
  return Put(path, before, [&](const Place& place) -> Result<Reason> {
    TRY(kernel::MakeSymlink(content.target, place.directory, temporary_));
    const UniqueFd made = TRY(kernel::Open(place.directory, temporary_, O_PATH | O_NOFOLLOW));
    if (!TRY(IsNewSymlink(made, content.target))) return Reason::kChanged;
    TRY(kernel::ChangeOwner(made.Get(), "", decision.owner.uid, decision.owner.gid));
    TRY(kernel::SetModifiedTime(made.Get(), "", content.time));
    return Reason::kNone;
  });
}

Result<Reason> RealTree::PutLink(const std::string& path, const struct stat& before, int file) {
  return Put(path, before, [&](const Place& place) -> Result<Reason> {
    TRY(kernel::LinkFile(file, place.directory, temporary_));
    return Reason::kNone;
  });
}

Result<Reason> RealTree::MakeDirectory(const std::string& path,
                                       const struct stat& before,
                                       const Decision& decision,
                                       const Attributes& xattrs) {
  return Put(path, before, [&](const Place& place) -> Result<Reason> {
    TRY(kernel::MakeDirectory(place.directory, temporary_, S_IRWXU));
    const UniqueFd made =
        TRY(kernel::OpenBeneath(place.directory, temporary_, O_RDONLY | O_DIRECTORY));
    if (!TRY(IsNewDirectory(made))) return Reason::kChanged;
    TRY(SetXattrs(made.Get(), xattrs));
    TRY(SetOwnership(made.Get(), decision));
    TRY(kernel::Synchronize(made.Get()));
    return Reason::kNone;
  });
}

Result<Reason> RealTree::SetMetadata(const std::string& path,
                                     const struct stat& before,
                                     const Decision& decision,
                                     const Attributes& xattrs) {
  const bool is_root = path == ".";
  Place place = {.name = path};
  if (is_root) {
    place.obstacle = TRY(Enter("."));
    place.directory = directory_.Get();
  } else {
    place = TRY(Locate(path, before));
  }
  if (place.obstacle != Reason::kNone) return place.obstacle;
  constexpr int kRead = O_RDONLY | O_NONBLOCK | O_NOFOLLOW;
  const UniqueFd file = TRY(kernel::OpenOnMount(place.directory, place.name, kRead));
  const struct stat now = TRY(kernel::Stat(file.Get()));
  if (!IsSame(before, now)) return Reason::kChanged;
  if (S_ISREG(now.st_mode) && now.st_nlink != 1) return Reason::kChanged;
  TRY(SetXattrs(file.Get(), xattrs));
  const bool is_owner_same = now.st_uid == decision.owner.uid && now.st_gid == decision.owner.gid;
  TRY(is_owner_same ? kernel::SetMode(file.Get(), decision.mode)
                    : SetOwnership(file.Get(), decision));
  TRY(kernel::Synchronize(file.Get()));
  return Reason::kNone;
}

Result<Reason> RealTree::Remove(const std::string& path, const struct stat& before) {
  const Place place = TRY(Locate(path, before));
  if (place.obstacle != Reason::kNone) return place.obstacle;
  is_changed_ = true;
  return RemoveAt(place.directory, place.name, before);
}

Result<void> RealTree::CleanUp(const std::string& path) {
  if (TRY(Enter(path)) != Reason::kNone) return {};
  const auto left = TRY(kernel::StatEntry(directory_.Get(), temporary_));
  if (!left) return {};
  is_changed_ = true;
  if (!S_ISDIR(left->st_mode)) return kernel::RemoveFile(directory_.Get(), temporary_);
  auto removed = kernel::RemoveDirectory(directory_.Get(), temporary_);
  // Someone put something in it at the last moment: theirs, and kept.
  if (!removed && removed.error().Errno() == ENOTEMPTY) return {};
  return removed;
}

Result<void> RealTree::Flush() {
  if (is_changed_) TRY(kernel::Synchronize(directory_.Get()));
  is_changed_ = false;
  return {};
}

}  // namespace agentbox::review
