#include "container/denied_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <utility>

#include "base/strings.h"
#include "container/denied_findings.h"
#include "container/deny_lists.h"
#include "container/deny_scope.h"
#include "container/link_targets.h"
#include "container/other_names.h"
#include "container/seen_inodes.h"
#include "container/tree_walk.h"
#include "kernel/entry.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "plan/mounts.h"
#include "policy/deny.h"

namespace agentbox::container {
namespace {

using plan::IsAtOrBelow;
using policy::DenyRoot;
using policy::DenyRules;

// Of a tree that is too large these are looked at all the same: most secrets lie near the top.
constexpr unsigned kFirstLevels = 3;
// Of denied directories, whose files are looked at for further names of theirs.
constexpr std::size_t kMostWithin = 100'000;

// Owns, as a user namespace sees it, the files of those who have no id there, and so of root.
constexpr uid_t kNobody = 65534;

// File systems of the kernel's own, of which none has a file that a person put there.
constexpr std::array<std::string_view, 21> kKernelTypes = {
    "autofs", "binfmt_misc", "bpf",        "cgroup",     "cgroup2",   "configfs", "debugfs",
    "devpts", "devtmpfs",    "efivarfs",   "fusectl",    "hugetlbfs", "mqueue",   "nsfs",
    "proc",   "pstore",      "rpc_pipefs", "securityfs", "selinuxfs", "sysfs",    "tracefs"};

bool IsUnreadable(const Error& error) {
  return error.Errno() == EACCES || error.Errno() == EPERM;
}

bool IsAbsent(const Error& error) {
  return error.Errno() == ENOENT || error.Errno() == ENOTDIR;
}

class Search {
 public:
  explicit Search(const DenySearch& request) : request_(request) {}

  Result<DeniedFiles> Run() {
    TRY(SearchHomes());
    TRY(SearchWorkspaces());
    TRY(FollowLeads());
    const std::string cut_at = TRY(names_.Find(found_));
    if (cut_at_.empty()) cut_at_ = cut_at;
    return Finish();
  }

 private:
  // A denied entry of which more is to be found out after the walk.
  struct Lead {
    std::string root;  // the home or workspace
    std::string path;  // absolute, below it
    std::string rule;
    bool is_of_home = false;
    bool is_within = false;    // a symlink in a denied directory, which no rule names itself
    std::string beneath = {};  // as DeniedFile's
  };

  struct Place {
    int directory = -1;
    std::string name;
  };

  // A tree, or a part of it that is mounted or that a symlink leads to.
  struct Top {
    std::string path;
    std::string prefix;  // what rules see of it: its path below the root

    std::string Path(const WalkedEntry& entry) const {
      return Below(path, entry.path.substr(prefix.empty() ? 0 : prefix.size() + 1));
    }
  };

  struct Tree {
    std::string root;
    const DenyLists& lists;
    bool is_home = false;
    std::vector<Top> tops;
    SeenInodes* seen = nullptr;  // of a workspace
  };

  Result<void> SearchHomes() {
    const DenyLists lists = TRY(DenyListsFor(request_.policy, DenyRoot::kHome));
    if (lists.IsEmpty()) return {};
    for (const std::string& home : request_.homes) {
      const auto canonical = kernel::RealPath(home);
      if (canonical && *canonical != "/") homes_.insert(*canonical);
    }
    for (const std::string& home : homes_) {
      const auto directory = OpenDirectory(home);
      if (!directory && IsUnreadable(directory.error())) {
        TRY(DenyHome(home, directory.error()));
      } else {
        TRY(SearchTree({.root = home, .lists = lists, .is_home = true, .tops = TopsIn(home)}));
      }
    }
    return {};
  }

  // One that can not be read: denied whole, but for one that the caller works in.
  Result<void> DenyHome(const std::string& home, const Error& error) {
    const bool has_workspace = std::ranges::any_of(
        request_.workspaces, [&home](const std::string& path) { return IsAtOrBelow(path, home); });
    if (!has_workspace) return DenyUnreadable({AT_FDCWD, home}, home, /*is_in_home=*/true);
    const auto status = TRY(kernel::StatEntry(AT_FDCWD, home));
    if (status && status->st_uid == ::geteuid()) return Fail(CanNotSearch(home, error));
    warnings_.push_back("deny rules: " + Quoted(home) +
                        " can not be read: what rules about homes name there can be seen");
    return {};
  }

  Result<void> SearchWorkspaces() {
    const DenyLists lists = TRY(DenyListsFor(request_.policy, DenyRoot::kWorkspace));
    for (const std::string& workspace : request_.workspaces) {
      auto root = OpenDirectory(workspace);
      if (!root && root.error().Errno() == ENOTDIR) {
        TRY(LookAtFile(workspace, lists));
        continue;
      }
      if (!root && root.error().Errno() == ENOENT) continue;
      if (!root && IsUnreadable(root.error()) && lists.IsEmpty()) continue;
      if (!root) return Fail(CanNotSearch(workspace, root.error()));
      DenyLists own = lists;
      own.project = Below(workspace, policy::kProjectFile);
      const auto rules = TRY_WITHIN(ReadProject(*root), own.project);
      own.of_project = TRY(DenyRules::Make(rules, DenyRoot::kWorkspace));
      if (own.IsEmpty()) continue;
      TRY(SearchTree({.root = workspace,
                      .lists = own,
                      .tops = TopsIn(workspace),
                      .seen = &names_.SeenIn(workspace)}));
    }
    return {};
  }

  // Its owner could make it readable from inside, or has the names of what is in it.
  static Error CanNotSearch(const std::string& directory, const Error& error) {
    if (!IsUnreadable(error)) return error;
    return Error(ErrorKind::kRefused,
                 Quoted(directory) +
                     " can not be read, and so not searched for denied files: " + error.ToString());
  }

  // One file that is shown by itself, under its own name.
  Result<void> LookAtFile(const std::string& path, const DenyLists& lists) {
    const auto slash = path.rfind('/');
    const UniqueFd directory = TRY(OpenDirectory(slash == 0 ? "/" : path.substr(0, slash)));
    const std::string name = path.substr(slash + 1);
    const auto status = TRY(kernel::StatEntry(directory.Get(), name));
    if (!status) return Fail(Error::FromErrno(ENOENT).Within(path));
    const WalkedEntry entry = {.directory = directory.Get(),
                               .path = name,
                               .name = name,
                               .inode = status->st_ino,
                               .type = static_cast<unsigned char>(IFTODT(status->st_mode))};
    auto rule = RuleFor(entry, lists);
    if (!rule) return {};
    TRY(found_.Note(path, *rule));
    names_.Note(directory.Get(), name, {path, *rule});
    return {};
  }

  // Each has a limit of its own: a large one takes nothing from the others.
  Result<void> SearchTree(Tree tree) {
    TreeWalk walk(request_.most_entries);
    // A visit may add to them.
    for (std::size_t i = 0; i < tree.tops.size(); ++i) {
      const Top top = tree.tops[i];
      TRY(SearchTop(top, tree, walk));
    }
    if (walk.CutAt().empty()) return {};
    if (cut_at_.empty()) cut_at_ = Below(tree.root, walk.CutAt());
    const std::vector<Top> tops = tree.tops;
    for (const Top& top : tops) {
      TreeWalk first(request_.most_entries / tops.size(), kFirstLevels - 1);
      TRY(SearchTop(top, tree, first));
    }
    return {};
  }

  Result<void> SearchTop(const Top& top, Tree& tree, TreeWalk& walk) {
    if (!tree.lists.MayDenyBelow(top.prefix)) {
      if (tree.seen != nullptr) tree.seen->SetUnreliable();
      return {};
    }
    const auto directory = OpenTree(request_, top.path);
    if (!directory && IsUnreadable(directory.error())) {
      return DenyUnreadable({AT_FDCWD, top.path}, top.path, tree.is_home);
    }
    if (!directory && IsAbsent(directory.error())) return {};
    if (!directory) return Fail(directory.error());
    if (tree.seen != nullptr && TRY(IsOnOverlay(*directory))) tree.seen->SetUnreliable();
    const auto visit = [&](const WalkedEntry& entry) { return Visit(entry, top, tree); };
    TRY_WITHIN(walk.Walk(*directory, top.prefix, visit), top.path);
    return {};
  }

  // Whether the search goes into the entry.
  Result<bool> Visit(const WalkedEntry& entry, const Top& top, Tree& tree) {
    if (entry.is_unreadable) {
      const Place place = {entry.directory, std::string(entry.name)};
      if (tree.lists.MayDenyBelow(entry.path)) {
        TRY(DenyUnreadable(place, top.Path(entry), tree.is_home));
      }
      return false;
    }
    if (tree.seen != nullptr && entry.type == DT_REG) tree.seen->Note(entry);
    if (auto rule = RuleFor(entry, tree.lists)) {
      Lead lead = {tree.root, top.Path(entry), *std::move(rule), tree.is_home};
      lead.beneath = Beneath(request_, top.path, lead.path);
      TRY(Add(entry, std::move(lead)));
      return false;
    }
    if (entry.type == DT_LNK && tree.is_home && tree.lists.MayDenyBelow(entry.path)) {
      AddWay(top.Path(entry), entry.path, tree);
    }
    if (entry.type != DT_DIR || IsPassedOver(request_, top.Path(entry))) return false;
    return !tree.is_home || tree.lists.MayDenyBelow(entry.path);
  }

  // What can not be looked through may hold what is denied. Its owner can make it readable from
  // inside, and with search permission alone files are read whose names are known. It is passed
  // over where it is neither the caller's nor to be searched: in a home, which has one owner; and
  // if it is root's, over whose files a sandbox that the caller makes has no power, whereas the
  // caller's subordinate ids have owners inside.
  Result<void> DenyUnreadable(const Place& place, const std::string& path, bool is_in_home) {
    const auto status = kernel::StatEntry(place.directory, place.name);
    // Of another user's FUSE, which shows itself to nobody else.
    if (!status && place.directory == AT_FDCWD) return {};
    if (status && !*status) return {};
    const uid_t owner = status ? (*status)->st_uid : ::geteuid();
    const bool is_beyond_reach = is_in_home || owner == 0 || owner == kNobody;
    // "." takes search permission.
    const bool is_closed = !kernel::Open(place.directory, place.name + "/.", O_PATH | O_DIRECTORY);
    if (owner != ::geteuid() && is_beyond_reach && is_closed) return {};
    TRY(found_.Note(path, "deny.files: can not be searched"));
    return {};
  }

  // A symlink on the way to what a rule names: of ~/.config, where ~/.config/gh is denied.
  void AddWay(const std::string& link, const std::string& prefix, Tree& tree) const {
    const auto target = kernel::RealPath(link);
    if (target && !HasHome(*target)) tree.tops.push_back({*target, prefix});
  }

  std::vector<Top> TopsIn(const std::string& root) const {
    std::vector<Top> tops;
    for (const std::string& top : MountsIn(request_, root))
      tops.push_back({top, top == root ? "" : top.substr(Below(root, "").size())});
    return tops;
  }

  // Is a home, or has one in it.
  bool HasHome(const std::string& path) const {
    return std::ranges::any_of(
        homes_, [&path](const std::string& home) { return IsAtOrBelow(home, path); });
  }

  bool IsInHome(const std::string& path) const {
    return std::ranges::any_of(
        homes_, [&path](const std::string& home) { return IsAtOrBelow(path, home); });
  }

  Result<void> Add(const WalkedEntry& entry, Lead lead) {
    if (!TRY(found_.Note(lead.path, lead.rule, lead.beneath))) return {};
    if (entry.type == DT_LNK) symlinks_.push_back(std::move(lead));
    if (entry.type == DT_DIR) directories_.push_back(std::move(lead));
    if (entry.type == DT_REG) names_.Note(entry.directory, std::string(entry.name), found_.Last());
    return {};
  }

  // A directory has symlinks in it, which lead to directories. It ends: none is looked into twice,
  // and no more than so many entries are looked at in all.
  Result<void> FollowLeads() {
    while (!directories_.empty() || !symlinks_.empty()) {
      for (const Lead& lead : std::exchange(directories_, {}))
        TRY(LookInto(lead));
      for (const Lead& lead : std::exchange(symlinks_, {}))
        TRY_WITHIN(Follow(lead), lead.path);
    }
    if (!within_homes_.CutAt().empty() || !within_workspaces_.CutAt().empty()) {
      warnings_.emplace_back("deny rules: the denied directories hold more than " +
                             std::to_string(kMostWithin) +
                             " files: of the rest, other names (hard links, and what symbolic "
                             "links lead to) are not looked for");
    }
    return {};
  }

  // Files in a denied directory have other names, too. In one of a workspace whoever writes there
  // could put symlinks to anything.
  Result<void> LookInto(const Lead& lead) {
    const auto directory = OpenDirectory(lead.path);
    if (!directory) return {};
    const auto visit = [&](const WalkedEntry& entry) -> Result<bool> {
      const std::string path = Below(lead.path, entry.path);
      if (entry.type == DT_REG) {
        names_.Note(entry.directory, std::string(entry.name), {path, lead.rule});
      } else if (entry.type == DT_LNK && lead.is_of_home) {
        symlinks_.push_back({lead.root, path, lead.rule, lead.is_of_home, /*is_within=*/true});
      }
      return true;
    };
    TreeWalk& walk = lead.is_of_home ? within_homes_ : within_workspaces_;
    TRY_WITHIN(walk.Walk(*directory, "", visit), lead.path);
    return {};
  }

  // What a denied symlink leads to is denied with it. Whether it is absolute makes no difference.
  Result<void> Follow(const Lead& link) {
    for (const std::string& target : TRY(TargetsOf(request_, link.path))) {
      if (MayFollow(link, target) && !found_.IsNoted(target)) TRY(DenyTarget(link, target));
    }
    return {};
  }

  Result<void> DenyTarget(const Lead& link, const std::string& target) {
    const auto slash = target.rfind('/');
    const auto directory = OpenPath(slash == 0 ? "/" : target.substr(0, slash));
    if (!directory && (IsAbsent(directory.error()) || IsUnreadable(directory.error()))) return {};
    if (!directory) return Fail(directory.error());
    const std::string name = target.substr(slash + 1);
    const auto status = TRY(kernel::StatEntry(directory->Get(), name));
    if (!status) return {};
    const bool is_directory = S_ISDIR(status->st_mode);
    if (!S_ISREG(status->st_mode) && !(is_directory && link.is_of_home)) return {};
    TRY(found_.Note(target, link.rule + ", by " + link.path));
    if (is_directory) directories_.push_back({link.root, target, found_.Last().rule, true});
    names_.Note(directory->Get(), name, found_.Last());
    return {};
  }

  static Result<UniqueFd> OpenPath(const std::string& path) {
    return kernel::Open(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  }

  // In a workspace to what is in it, since whoever writes there could point at anything. In a home
  // anywhere, since people keep such files in a repository of their own; but from within a denied
  // directory, where symlinks to what is nobody's secret are common (~/.ssh/x to /usr), to what is
  // in a home alone. Never to a home itself.
  bool MayFollow(const Lead& link, const std::string& target) const {
    if (!link.is_of_home) return IsAtOrBelow(target, link.root);
    return !HasHome(target) && (!link.is_within || IsInHome(target));
  }

  Result<DeniedFiles> Finish() {
    if (!cut_at_.empty()) {
      warnings_.emplace_back("deny rules: more than " + std::to_string(request_.most_entries) +
                             " files, or too many levels: from " + Quoted(cut_at_) +
                             " on nothing was looked for but near the top, and what is denied "
                             "there can be seen");
    }
    found_.AddAliases(request_.mounts);
    return DeniedFiles{.files = found_.Outermost(), .warnings = std::move(warnings_)};
  }

  const DenySearch& request_;
  TreeWalk within_homes_{kMostWithin};
  TreeWalk within_workspaces_{kMostWithin};
  std::set<std::string> homes_;  // canonical
  Findings found_;
  OtherNames names_{request_};
  std::vector<Lead> symlinks_;
  std::vector<Lead> directories_;
  std::vector<std::string> warnings_;
  std::string cut_at_;
};

}  // namespace

Result<DeniedFiles> FindDenied(const DenySearch& search) {
  return Search(search).Run();
}

bool HasData(const kernel::MountEntry& mount) {
  return std::ranges::find(kKernelTypes, mount.type) == kKernelTypes.end();
}

}  // namespace agentbox::container
