#include "review/settle.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "kernel/access_list.h"
#include "kernel/copy.h"
#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/path.h"
#include "kernel/remove_tree.h"
#include "kernel/xattr.h"
#include "review/attributes.h"
#include "review/decision.h"
#include "review/marks.h"
#include "review/paths.h"

namespace agentbox::review {
namespace {

constexpr const char* kCopy = "copy";
constexpr const char* kStaging = "staging";

// A directory of the layer, and the one of the real tree that shows through; both relative, "." is
// the top.
struct Pair {
  std::string path;
  std::optional<std::string> lower;

  // One that was renamed and came back, or was to be renamed and could not, has the mark, too.
  bool IsAtItsPlace() const { return lower == path; }
  bool IsMoved() const { return lower && !IsAtItsPlace(); }
};

std::string Below(const std::string& directory, const std::string& name) {
  return directory == "." ? name : directory + "/" + name;
}

bool IsAbsent(const Error& error) {
  return error.Errno() == ENOENT || error.Errno() == ENOTDIR || error.Errno() == ELOOP ||
         error.Errno() == ENAMETOOLONG;
}

class Settler {
 public:
  Settler(const Layer& layer, const UniqueFd& staging, const std::vector<std::string>& omitted)
      : layer_(layer),
        staging_(staging),
        omitted_(omitted.begin(), omitted.end()),
        prefix_(layer.uses_user_xattrs ? "user.overlay." : "trusted.overlay.") {}

  Result<void> Run() {
    pending_.push_back({.path = ".", .lower = "."});
    while (!pending_.empty()) {
      const Pair pair = std::move(pending_.back());
      pending_.pop_back();
      TRY_WITHIN(Visit(pair), Quoted(pair.path));
    }
    // The innermost first: until then what is in it shows through.
    for (auto path = renamed_.rbegin(); path != renamed_.rend(); ++path)
      if (!too_deep_.contains(*path)) TRY_WITHIN(Complete(*path), Quoted(*path));
    return {};
  }

 private:
  Result<void> Visit(const Pair& pair) {
    const UniqueFd upper =
        TRY(kernel::OpenBeneath(layer_.upper, pair.path, O_RDONLY | O_DIRECTORY));
    if (pair.IsMoved()) TRY(CopyNames(pair, upper));
    for (const std::string& name : TRY(kernel::ListSubdirectories(upper.Get()))) {
      const bool is_too_deep = Below(pair.path, name).size() >= PATH_MAX;
      if (is_too_deep) {
        NoteTooDeep(pair.path);
      } else {
        pending_.push_back(TRY(Inner(pair, upper, name)));
      }
    }
    return {};
  }

  // What is deeper than a path can name, here or at its old place, goes from none: it stays in the
  // real tree where it was, and has to show through to be seen.
  void NoteTooDeep(const std::string& directory) {
    for (std::string at = directory; at != "." && too_deep_.insert(at).second;)
      at = ParentOf(at);
  }

  // The directory `name` in that of `outer`, by the marks of overlay.
  Result<Pair> Inner(const Pair& outer, const UniqueFd& upper, const std::string& name) {
    Pair inner = {.path = Below(outer.path, name)};
    const UniqueFd directory = TRY(kernel::OpenBeneath(upper.Get(), name, O_RDONLY | O_DIRECTORY));
    const struct stat status = TRY(kernel::Stat(directory.Get()));
    const Marks marks = TRY(ReadMarks(directory.Get(), status, layer_.uses_user_xattrs));
    if (marks.is_opaque) return inner;
    if (marks.redirect && marks.redirect->starts_with('/')) {
      inner.lower = marks.redirect->substr(1);
    } else if (outer.lower) {
      inner.lower = Below(*outer.lower, marks.redirect.value_or(name));
    }
    if (inner.lower && inner.lower->size() >= PATH_MAX) {
      NoteTooDeep(inner.path);
      inner.lower.reset();
    }
    const bool is_there = inner.lower && TRY(OpenLower(*inner.lower)).has_value();
    if (!is_there) inner.lower.reset();
    if (marks.redirect && !inner.IsAtItsPlace()) renamed_.push_back(inner.path);
    return inner;
  }

  Result<std::optional<UniqueFd>> OpenLower(const std::string& path) const {
    auto lower = kernel::OpenOnMount(layer_.tree, path, O_RDONLY | O_DIRECTORY);
    if (lower) return std::optional(std::move(*lower));
    if (IsAbsent(lower.error())) return std::optional<UniqueFd>();
    return Fail(std::move(lower).error());
  }

  // Of the directories among them only themselves: they show through as before.
  Result<void> CopyNames(const Pair& pair, const UniqueFd& upper) {
    const auto lower = TRY(OpenLower(*pair.lower));
    if (!lower) return {};
    std::vector<std::string> own = TRY(kernel::ListDirectory(upper.Get()));
    std::ranges::sort(own);
    for (const std::string& name : TRY(kernel::ListDirectory(lower->Get()))) {
      const bool is_omitted = omitted_.contains(Below(*pair.lower, name));
      if (!is_omitted && !std::ranges::binary_search(own, name)) TRY(Copy(*lower, upper, name));
    }
    return {};
  }

  Result<void> Copy(const UniqueFd& lower, const UniqueFd& upper, const std::string& name) {
    const auto status = TRY(kernel::StatEntry(lower.Get(), name));
    if (!status) return {};
    TRY(kernel::RemoveTree(staging_.Get(), kCopy));
    if (S_ISDIR(status->st_mode)) {
      TRY(kernel::MakeDirectory(staging_.Get(), kCopy, S_IRWXU));
    } else if (S_ISLNK(status->st_mode)) {
      const std::string target = TRY(kernel::ReadLink(lower.Get(), name));
      TRY(kernel::MakeSymlink(target, staging_.Get(), kCopy));
    } else if (S_ISREG(status->st_mode)) {
      TRY(CopyFile(lower, name));
    } else {
      // Is never applied: by its mark it is one that stays where it is.
      TRY(kernel::MakeNode(staging_.Get(), kCopy, status->st_mode, status->st_rdev));
    }
    // No other has attributes of users.
    const bool can_have = S_ISREG(status->st_mode) || S_ISDIR(status->st_mode);
    if (can_have) TRY(CopyXattrs(lower, name));
    if (can_have || !layer_.uses_user_xattrs) TRY(NoteOrigin(lower, name));
    const uid_t uid =
        layer_.maps.IsEmpty() ? status->st_uid : abi::OwnerId(layer_.maps.uids, status->st_uid);
    const gid_t gid =
        layer_.maps.IsEmpty() ? status->st_gid : abi::OwnerId(layer_.maps.gids, status->st_gid);
    const mode_t mode = TRY(ModeOf(lower, name, status->st_mode));
    TRY(kernel::SetOwnership(staging_.Get(), kCopy, uid, gid, mode));
    TRY(kernel::SetModifiedTime(staging_.Get(), kCopy, status->st_mtim));
    return kernel::MoveEntry(staging_.Get(), kCopy, upper.Get(), name, RENAME_NOREPLACE);
  }

  Result<void> CopyFile(const UniqueFd& lower, const std::string& name) const {
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const UniqueFd from = TRY(kernel::OpenOnMount(lower.Get(), name, O_RDONLY | O_NONBLOCK));
    const UniqueFd to = TRY(kernel::Open(staging_.Get(), kCopy, kNew, S_IRUSR | S_IWUSR));
    TRY(kernel::CopySparse(from.Get(), to.Get()));
    // Before its name is in the layer, where an interrupted copy would be taken for the file.
    return kernel::Synchronize(to.Get());
  }

  Result<void> CopyXattrs(const UniqueFd& lower, const std::string& name) const {
    const UniqueFd from = TRY(kernel::OpenOnMount(lower.Get(), name, O_PATH | O_NOFOLLOW));
    const UniqueFd to = TRY(kernel::OpenBeneath(staging_.Get(), kCopy, O_RDONLY));
    bool lacks_any = false;
    for (const auto& [key, value] : TRY(TreeAttributes(from.Get()))) {
      if (IsOfUsers(key)) TRY(kernel::SetXattr(to.Get(), key, value));
      lacks_any = lacks_any || !IsOfUsers(key);
    }
    if (!lacks_any) return {};
    return NoteLackOfAttributes(staging_.Get(), kCopy, layer_.uses_user_xattrs);
  }

  static Result<mode_t> ModeOf(const UniqueFd& lower, const std::string& name, mode_t mode) {
    const mode_t permissions = mode & 07777U;
    if (S_ISLNK(mode)) return permissions;
    const UniqueFd from = TRY(kernel::OpenOnMount(lower.Get(), name, O_PATH | O_NOFOLLOW));
    const auto list = TRY(kernel::ReadXattr(from.Get(), kernel::kAccessList));
    return list ? kernel::ModeWithout(*list, permissions) : permissions;
  }

  Result<void> NoteOrigin(const UniqueFd& lower, const std::string& name) const {
    const UniqueFd from = TRY(kernel::OpenOnMount(lower.Get(), name, O_PATH | O_NOFOLLOW));
    const auto handle = kernel::HandleOf(from.Get());
    // Where the file system has no handles, an overlay says it of nothing either.
    if (!handle) return {};
    return WriteOrigin(staging_.Get(), kCopy, *handle, layer_.uses_user_xattrs);
  }

  Result<void> Complete(const std::string& path) const {
    const UniqueFd directory = TRY(kernel::OpenBeneath(layer_.upper, path, O_RDONLY | O_DIRECTORY));
    // All that was copied is on disk before the layer stops looking at where it comes from.
    TRY(kernel::SynchronizeFilesystem(directory.Get()));
    TRY(kernel::SetXattr(directory.Get(), prefix_ + "opaque", "y"));
    TRY(kernel::RemoveXattr(directory.Get(), prefix_ + "redirect"));
    return kernel::Synchronize(directory.Get());
  }

  const Layer& layer_;
  const UniqueFd& staging_;
  std::set<std::string> omitted_;
  std::string prefix_;
  std::vector<Pair> pending_;
  std::vector<std::string> renamed_;          // those above come before those below
  std::unordered_set<std::string> too_deep_;  // directories with what is in them
};

}  // namespace

Result<void> Settle(const Layer& layer,
                    const UniqueFd& staging,
                    const std::vector<std::string>& omitted) {
  TRY_WITHIN(Settler(layer, staging, omitted).Run(), "completing renamed directories");
  return {};
}

Result<void> SettleOnDisk(const Review& review,
                          const OpenedLayer& opened,
                          const std::vector<std::string>& omitted) {
  const UniqueFd upper = TRY(kernel::Open(opened.layer.upper, ".", O_RDONLY | O_DIRECTORY));
  TRY(kernel::SynchronizeFilesystem(upper.Get()));
  // Beside the layer and on its mount, from where what is made can be moved into it.
  const int directory = opened.directory.Get();
  TRY(kernel::RemoveTree(directory, kStaging));
  const UniqueFd staging = TRY(kernel::MakeOwnDirectory(directory, kStaging, S_IRWXU));
  auto settled = Settle(opened.layer, staging, omitted);
  TRY(kernel::RemoveTree(directory, kStaging));
  const bool is_full = !settled && settled.error().Errno() == ENOSPC;
  if (is_full && review.Contents().is_in_image) {
    const std::string image = review.Path() + "/" + kImageFile;
    return Fail(Error(ErrorKind::kWrongState,
                      settled.error().ToString() +
                          ": what is in it does not fit into what the sandbox was limited to; "
                          "truncate -s +SIZE " +
                          image + " && e2fsck -fp " + image + " && resize2fs " + image +
                          " makes more room"));
  }
  return settled;
}

}  // namespace agentbox::review
