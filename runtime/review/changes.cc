#include "review/changes.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/path.h"
#include "review/attributes.h"
#include "review/entry.h"
#include "review/marks.h"
#include "review/paths.h"
#include "review/walk.h"

namespace agentbox::review {
namespace {

// One name, in the three places.
struct Sight {
  std::optional<Entry> upper;  // no whiteout
  bool is_whiteout = false;
  Marks marks;
  std::optional<Entry> lower;  // what `upper` is merged with or has its contents from; its place:
  std::string lower_path;
  std::optional<Entry> real;
};

bool HasType(const std::optional<Entry>& entry, mode_t type) {
  return entry && (entry->status.st_mode & S_IFMT) == type;
}

class Walk {
 public:
  Walk(const Layer& layer, Visitor& visitor)
      : layer_(layer),
        visitor_(visitor),
        levels_(layer),
        hidden_(layer.hidden),
        emptied_(layer.emptied) {
    std::ranges::sort(hidden_);
    std::ranges::sort(emptied_);
  }

  Result<void> Run() {
    TRY(BeginAtRoot());
    for (;;) {
      const std::optional<std::string> name = TRY(levels_.Next());
      if (!name) return {};
      if (IsWanted(levels_.Path()) || IsAboveWanted(levels_.Path())) {
        TRY_WITHIN(Step(*name), Quoted(levels_.Path()));
      }
    }
  }

 private:
  Result<void> BeginAtRoot() {
    Sight root;
    root.upper = TRY(LookBelow(layer_.upper, ""));
    root.real = TRY(LookBelow(layer_.tree, ""));
    if (!root.upper || !root.real) return Fail(Error(ErrorKind::kInternal, "no directories"));
    Change change = {.path = "."};
    if (IsWanted(".")) TRY(Compare(root, change));
    Level level = {.is_same = true};
    level.upper = std::move(root.upper->file);
    level.real = std::move(root.real->file);
    return levels_.Enter(std::move(level), "");
  }

  bool IsWanted(const std::string& path) const {
    return layer_.only.empty() || std::ranges::any_of(layer_.only, [&](const std::string& wanted) {
             return IsAtOrBelow(path, wanted);
           });
  }

  bool IsAboveWanted(const std::string& path) const {
    return std::ranges::any_of(layer_.only,
                               [&](const std::string& wanted) { return IsBelow(wanted, path); });
  }

  bool IsHidden(const std::string& path) const {
    return levels_.Top().is_hidden || std::ranges::binary_search(hidden_, path);
  }

  bool IsEmptied(const std::string& path) const {
    return std::ranges::binary_search(emptied_, path);
  }

  Result<void> Step(const std::string& name) {
    const std::string& path = levels_.Path();
    visitor_.Look(path);
    Sight sight = TRY(SightOf(name));
    const bool is_seen = SeenEntry(sight) != nullptr;
    if (!is_seen && (!sight.real || IsHidden(path))) return {};
    if (IsWanted(path)) {
      const Level& level = levels_.Top();
      Change change = {.path = path, .was_hidden = level.is_withheld, .moved_in = level.moved_in};
      TRY(Compare(sight, change));
    }
    return Descend(std::move(sight));
  }

  Result<Sight> SightOf(const std::string& name) {
    const Level& level = levels_.Top();
    Sight sight;
    if (level.upper) sight.upper = TRY(Look(level.upper->Get(), name));
    if (sight.upper) {
      sight.marks =
          TRY(ReadMarks(sight.upper->file.Get(), sight.upper->status, layer_.uses_user_xattrs));
      sight.is_whiteout = sight.marks.is_whiteout;
      if (sight.is_whiteout) sight.upper.reset();
    }
    if (level.real) sight.real = TRY(Look(level.real->Get(), name));
    if (!sight.is_whiteout) TRY(LookLower(name, sight));
    return sight;
  }

  // What the sandbox saw of the lower directory by that name, unless it is the very entry of the
  // real tree that the layer says nothing of.
  Result<void> LookLower(const std::string& name, Sight& sight) {
    const Level& level = levels_.Top();
    const bool needs_lower = !sight.upper || sight.marks.is_metacopy ||
                             (sight.upper->IsDirectory() && !sight.marks.is_opaque);
    if (!needs_lower || (!sight.upper && level.is_same)) return {};
    const auto& redirect = sight.marks.redirect;
    if (redirect && redirect->starts_with('/')) {
      sight.lower_path = redirect->substr(1);
      sight.lower = TRY(LookBelow(layer_.tree, sight.lower_path));
    } else {
      const auto& directory = level.is_same ? level.real : level.lower;
      if (!directory) return {};
      sight.lower_path = redirect ? levels_.LowerPathBeside(*redirect) : levels_.LowerPath();
      sight.lower = TRY(Look(directory->Get(), redirect.value_or(name)));
    }
    return KeepWhatMerges(sight);
  }

  Result<void> KeepWhatMerges(Sight& sight) const {
    if (!sight.lower) return {};
    if (sight.upper) {
      // The kernel merges directories with directories alone.
      const mode_t type = sight.marks.is_metacopy ? S_IFREG : S_IFDIR;
      if (!HasType(sight.lower, type)) sight.lower.reset();
      return {};
    }
    const Entry& lower = *sight.lower;
    const Marks marks = TRY(ReadMarks(lower.file.Get(), lower.status, layer_.uses_user_xattrs));
    if (marks.is_whiteout) sight.lower.reset();
    return {};
  }

  static const Entry* SeenEntry(const Sight& sight) {
    if (sight.upper) return &*sight.upper;
    return sight.lower ? &*sight.lower : nullptr;
  }

  // The status as the container saw it. What shows through was mapped there.
  struct stat SeenStatus(const Entry& seen, bool is_in_layer) const {
    struct stat status = seen.status;
    if (layer_.maps.IsEmpty()) return status;
    const auto seen_id = [is_in_layer](const auto& map, std::uint32_t id) {
      return abi::ContainerId(map, is_in_layer ? id : abi::OwnerId(map, id));
    };
    status.st_uid = seen_id(layer_.maps.uids, status.st_uid);
    status.st_gid = seen_id(layer_.maps.gids, status.st_gid);
    return status;
  }

  // Fills in the rest of `change`, and visits it if it is one.
  Result<void> Compare(const Sight& sight, Change& change) {
    const Entry* const seen = SeenEntry(sight);
    change.is_in_layer = sight.upper.has_value();
    if (sight.real) {
      change.real = sight.real->status;
      change.real_file = sight.real->file.Get();
      change.was_hidden = change.was_hidden || IsWithheld(change.path, seen != nullptr);
      visitor_.LookAtReal(change.real_file);
    }
    if (seen != nullptr) Describe(sight, *seen, change);
    if (seen == nullptr) {
      change.kind = ChangeKind::kDeleted;
    } else if (!sight.real) {
      change.kind = ChangeKind::kAdded;
    } else if ((seen->status.st_mode & S_IFMT) != (sight.real->status.st_mode & S_IFMT)) {
      change.kind = ChangeKind::kTypeChanged;
    } else {
      TRY(CompareSameType(sight, *seen, change));
      const bool is_modified = change.content || change.target;
      if (!is_modified && !change.mode && !change.owner && !change.xattrs) return {};
      change.kind = is_modified ? ChangeKind::kModified : ChangeKind::kMetadata;
    }
    return visitor_.Visit(change);
  }

  // Something is at `path` that the sandbox was not shown: all, or what was in it when it was
  // removed.
  bool IsWithheld(const std::string& path, bool is_there) const {
    return path != "." && (IsHidden(path) || (!is_there && IsEmptied(path)));
  }

  void Describe(const Sight& sight, const Entry& seen, Change& change) {
    change.layer = SeenStatus(seen, change.is_in_layer);
    change.layer_file = seen.file.Get();
    change.data_file = change.layer_file;
    if (!sight.upper) {
      change.data = sight.lower_path;
    } else if (sight.marks.is_metacopy) {
      change.data = sight.lower_path;
      change.data_file = sight.lower ? sight.lower->file.Get() : -1;
    } else {
      change.from = FirstName(seen.status, change.path);
    }
    const bool is_renamed = sight.lower && sight.marks.redirect && sight.lower_path != change.path;
    if (is_renamed) change.from = sight.lower_path;
  }

  // Of a file of the layer that has several, where it is not this.
  std::string FirstName(const struct stat& status, const std::string& path) {
    if (S_ISDIR(status.st_mode) || status.st_nlink < 2) return {};
    const auto key = std::pair(status.st_dev, status.st_ino);
    const auto [place, is_first] = names_.try_emplace(key, path, status.st_nlink);
    std::string first = is_first ? std::string() : place->second.first;
    // All have been seen: forgotten.
    if (--place->second.second == 0) names_.erase(place);
    return first;
  }

  Result<void> CompareSameType(const Sight& sight, const Entry& seen, Change& change) const {
    const struct stat& status = seen.status;
    if (S_ISREG(status.st_mode)) {
      change.content = !TRY(HasRealContents(sight, seen));
    } else if (S_ISLNK(status.st_mode)) {
      const std::string target = TRY(kernel::ReadLink(seen.file.Get(), ""));
      change.target = target != TRY(kernel::ReadLink(sight.real->file.Get(), ""));
    } else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
      change.content = status.st_rdev != change.real.st_rdev;
    }
    constexpr mode_t kModeBits = 07777;
    change.mode =
        !S_ISLNK(status.st_mode) && ((status.st_mode ^ change.real.st_mode) & kModeBits) != 0;
    change.owner =
        change.layer.st_uid != change.real.st_uid || change.layer.st_gid != change.real.st_gid;
    const Attributes before = TRY(TreeAttributes(change.real_file));
    const Attributes after = TRY(SeenAttributes(change));
    change.xattrs = before != after;
    return {};
  }

  Result<Attributes> SeenAttributes(const Change& change) const {
    if (!change.is_in_layer) return TreeAttributes(change.layer_file);
    return LayerAttributes(layer_, change.layer_file);
  }

  static Result<bool> HasRealContents(const Sight& sight, const Entry& seen) {
    if (!sight.upper || !sight.marks.is_metacopy) return HaveSameContents(seen, *sight.real);
    // A metacopy whose contents are gone has none that are known.
    if (!sight.lower) return false;
    return HaveSameContents(*sight.lower, *sight.real);
  }

  Result<void> Descend(Sight sight) {
    const Entry* const seen = SeenEntry(sight);
    const bool is_real_directory = HasType(sight.real, S_IFDIR);
    const bool is_seen_directory = seen != nullptr && seen->IsDirectory();
    if (!is_real_directory && !is_seen_directory) return {};
    const std::string& path = levels_.Path();
    Level level;
    level.is_withheld = levels_.Top().is_withheld || (sight.real && IsHidden(path));
    level.is_hidden = IsHidden(path) || IsEmptied(path);
    level.is_deletable = !level.is_hidden;
    if (is_seen_directory && sight.upper) level.upper = std::move(sight.upper->file);
    const bool has_lower = is_seen_directory && HasType(sight.lower, S_IFDIR);
    level.is_same = has_lower && is_real_directory && sight.lower_path == path;
    if (has_lower && !level.is_same) level.lower = std::move(sight.lower->file);
    if (is_real_directory) level.real = std::move(sight.real->file);
    if (level.is_same && !level.upper) return {};
    level.moved_in = levels_.Top().moved_in;
    if (level.is_same) TRY(CompareDirectories(level));
    return levels_.Enter(std::move(level), has_lower ? sight.lower_path : path);
  }

  // A directory that another one was renamed over keeps the times of what is in it. The layer tells
  // which one the sandbox saw where it has a copy of that.
  Result<void> CompareDirectories(Level& level) const {
    const std::string origin = TRY(ReadOrigin(level.upper->Get(), layer_.uses_user_xattrs));
    const auto handle = kernel::HandleOf(level.real->Get());
    if (origin.empty() || !handle) return {};
    const struct stat real = TRY(kernel::Stat(level.real->Get()));
    level.moved_in = origin == *handle ? 0 : std::max(level.moved_in, Nanoseconds(real.st_ctim));
    return {};
  }

  const Layer& layer_;
  Visitor& visitor_;
  Levels levels_;
  std::vector<std::string> hidden_;   // Layer's, sorted
  std::vector<std::string> emptied_;  // as well
  // Files of the layer with several names, until all have been come across: the first one, and how
  // many are left.
  std::map<std::pair<dev_t, ino_t>, std::pair<std::string, nlink_t>> names_;
};

// Ends the walk at the first change.
class FirstChange final : public Visitor {
 public:
  Result<void> Visit(const Change& /*change*/) override {
    is_found_ = true;
    return Fail(Error(ErrorKind::kInternal, "the walk ends here"));
  }
  bool IsFound() const { return is_found_; }

 private:
  bool is_found_ = false;
};

}  // namespace

Result<void> WalkChanges(const Layer& layer, Visitor& visitor) {
  return Walk(layer, visitor).Run();
}

Result<bool> HasChanges(const Layer& layer) {
  FirstChange first;
  auto walked = WalkChanges(layer, first);
  if (first.IsFound()) return true;
  TRY(std::move(walked));
  return false;
}

}  // namespace agentbox::review
