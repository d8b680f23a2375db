#include "container/denied_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <compare>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/strings.h"
#include "container/deny_lists.h"
#include "container/mount_aliases.h"
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

// A second or two; what lies beyond is said.
constexpr std::size_t kMostEntries = 2'000'000;
// Of denied directories, whose files are looked at for further names of theirs.
constexpr std::size_t kMostWithin = 100'000;
// Each is a whiteout or a mount.
constexpr std::size_t kMostDenied = 10'000;

// File systems of the kernel's own, of which none has a file that a person put there.
constexpr std::array<std::string_view, 21> kKernelTypes = {
    "autofs", "binfmt_misc", "bpf",        "cgroup",     "cgroup2",   "configfs", "debugfs",
    "devpts", "devtmpfs",    "efivarfs",   "fusectl",    "hugetlbfs", "mqueue",   "nsfs",
    "proc",   "pstore",      "rpc_pipefs", "securityfs", "selinuxfs", "sysfs",    "tracefs"};

struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

bool IsAbsent(const Error& error) {
  return error.Errno() == ENOENT || error.Errno() == ENOTDIR || error.Errno() == EACCES;
}

// A symlink to nothing, in a circle, or through what the caller may not search.
bool LeadsNowhere(const Error& error) {
  return IsAbsent(error) || error.Errno() == ELOOP || error.Errno() == ENAMETOOLONG;
}

std::string Below(const std::string& directory, const std::string& path) {
  return (directory == "/" ? "" : directory) + "/" + path;
}

class Search {
 public:
  explicit Search(const DenySearch& request) : request_(request) {}

  Result<DeniedFiles> Run() {
    TRY(SearchHomes());
    TRY(SearchWorkspaces());
    TRY(FollowSymlinks());
    TRY(LookIntoDirectories());
    TRY(FindOtherNames());
    AddAliases();
    return Finish();
  }

 private:
  // A denied entry of which more is to be found out after the walk.
  struct Lead {
    std::string root;  // the home or workspace
    std::string path;  // absolute, below it
    std::string rule;
    bool is_of_home = false;
  };

  Result<void> SearchHomes() {
    const DenyLists lists = TRY(DenyListsFor(request_.policy, DenyRoot::kHome));
    if (lists.IsEmpty()) return {};
    for (const std::string& home : request_.homes) {
      const auto canonical = kernel::RealPath(home);
      if (canonical && *canonical != "/") TRY(SearchTree(*canonical, lists, /*is_home=*/true));
    }
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
      if (!root && IsAbsent(root.error())) continue;
      if (!root) return Fail(std::move(root).error());
      DenyLists own = lists;
      own.project = Below(workspace, policy::kProjectFile);
      const auto rules = TRY_WITHIN(ReadProject(*root), own.project);
      own.of_project = TRY(DenyRules::Make(rules, DenyRoot::kWorkspace));
      if (!own.IsEmpty()) TRY(SearchTree(workspace, own, /*is_home=*/false));
    }
    return {};
  }

  static Result<UniqueFd> OpenDirectory(const std::string& path) {
    return kernel::Open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
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
    if (rule) found_.push_back({path, *std::move(rule)});
    return {};
  }

  // The tree at `root`, and what is mounted below it.
  Result<void> SearchTree(const std::string& root, const DenyLists& lists, bool is_home) {
    const auto visit = [&](const WalkedEntry& entry) -> Result<bool> {
      auto rule = RuleFor(entry, lists);
      if (rule) {
        TRY(Add(entry, {root, Below(root, entry.path), *std::move(rule), is_home}));
        return false;
      }
      if (entry.type != DT_DIR || IsPassedOver(Below(root, entry.path))) return false;
      return !is_home || lists.MayDenyBelow(entry.path);
    };
    for (const std::string& top : MountsIn(root)) {
      const std::string prefix = top == root ? "" : top.substr(Below(root, "").size());
      if (is_home && !lists.MayDenyBelow(prefix)) continue;
      const auto directory = OpenDirectory(top);
      if (!directory && !IsAbsent(directory.error())) return Fail(directory.error());
      if (directory) TRY_WITHIN(walk_.Walk(*directory, prefix, visit), top);
    }
    if (!walk_.CutAt().empty() && cut_at_.empty()) cut_at_ = Below(root, walk_.CutAt());
    return {};
  }

  // `root` and the mount points below it, each once.
  std::vector<std::string> MountsIn(const std::string& root) const {
    std::set<std::string> below;
    for (const std::string& point : request_.submounts) {
      if (point != root && IsAtOrBelow(point, root) && !IsPassedOver(point)) below.insert(point);
    }
    std::vector<std::string> tops = {root};
    tops.insert(tops.end(), below.begin(), below.end());
    return tops;
  }

  bool IsPassedOver(const std::string& path) const {
    return std::ranges::any_of(request_.passed_over, [&path](const std::string& directory) {
      return IsAtOrBelow(path, directory);
    });
  }

  Result<void> Add(const WalkedEntry& entry, Lead lead) {
    found_.push_back({lead.path, lead.rule});
    if (found_.size() > kMostDenied) {
      return Fail(Error(ErrorKind::kRefused,
                        "deny rules: more than " + std::to_string(kMostDenied) +
                            " files are denied, the last of them " + Quoted(found_.back().path) +
                            " (" + lead.rule + "): a rule of the policy is too wide"));
    }
    if (entry.type == DT_LNK) symlinks_.push_back(std::move(lead));
    if (entry.type == DT_DIR) directories_.push_back(std::move(lead));
    if (entry.type == DT_REG) NoteLinks(entry.directory, std::string(entry.name), found_.back());
    return {};
  }

  // Remembers a file that has other names.
  void NoteLinks(int directory, const std::string& name, const DeniedFile& file) {
    const auto status = kernel::StatEntry(directory, name);
    if (status && *status && (*status)->st_nlink > 1) {
      links_.emplace(FileId{(*status)->st_dev, (*status)->st_ino}, file);
    }
  }

  Result<void> FollowSymlinks() {
    for (const Lead& link : symlinks_) {
      const std::string target = TRY_WITHIN(TargetOf(link), link.path);
      if (target.empty()) continue;
      found_.push_back({target, link.rule + ", by " + link.path});
      const auto slash = target.rfind('/');
      const auto directory = OpenDirectory(slash == 0 ? "/" : target.substr(0, slash));
      if (directory) NoteLinks(directory->Get(), target.substr(slash + 1), found_.back());
    }
    return {};
  }

  // What a denied symlink leads to, if that is denied with it, or else nothing: in a workspace a
  // file of the workspace, since whoever writes there could point at anything; in a home wherever
  // it is, since people keep such files in a repository of their own. Whether the symlink is
  // absolute makes no difference.
  static Result<std::string> TargetOf(const Lead& link) {
    const auto target = kernel::RealPath(link.path);
    if (!target && LeadsNowhere(target.error())) return std::string();
    if (!target) return Fail(target.error());
    if (link.is_of_home) return *target == "/" ? std::string() : *target;
    if (!IsAtOrBelow(*target, link.root)) return std::string();
    const auto file = kernel::Open(AT_FDCWD, *target, O_PATH | O_NOFOLLOW);
    if (!file && LeadsNowhere(file.error())) return std::string();
    if (!file) return Fail(file.error());
    const struct stat status = TRY(kernel::Stat(file->Get()));
    return S_ISREG(status.st_mode) ? *target : std::string();
  }

  // Files in denied directories have other names, too.
  Result<void> LookIntoDirectories() {
    TreeWalk walk(kMostWithin);
    for (const Lead& lead : directories_) {
      const auto directory = OpenDirectory(lead.path);
      if (!directory) continue;
      const auto visit = [&](const WalkedEntry& entry) -> Result<bool> {
        const DeniedFile file = {Below(lead.path, entry.path), lead.rule};
        if (entry.type == DT_REG) NoteLinks(entry.directory, std::string(entry.name), file);
        return true;
      };
      TRY_WITHIN(walk.Walk(*directory, "", visit), lead.path);
    }
    if (!walk.CutAt().empty()) {
      warnings_.emplace_back("deny rules: the denied directories hold more than " +
                             std::to_string(kMostWithin) +
                             " files: of the rest, other names (hard links) are not looked for");
    }
    return {};
  }

  // A second walk, for there is seldom a reason for one.
  Result<void> FindOtherNames() {
    if (links_.empty()) return {};
    std::set<ino_t> inodes;
    for (const auto& [id, file] : links_)
      inodes.insert(id.inode);
    TreeWalk walk(kMostEntries);
    for (const std::string& workspace : request_.workspaces) {
      for (const std::string& top : MountsIn(workspace)) {
        const auto root = OpenDirectory(top);
        if (!root) continue;
        // There a directory's entries may have inodes of a layer.
        const bool is_overlay = TRY(kernel::FilesystemMagic(root->Get())) == OVERLAYFS_SUPER_MAGIC;
        const auto visit = [&](const WalkedEntry& entry) -> Result<bool> {
          if (entry.type == DT_REG && (is_overlay || inodes.contains(entry.inode)))
            CheckName(entry, Below(top, entry.path));
          return !IsPassedOver(Below(top, entry.path));
        };
        TRY_WITHIN(walk.Walk(*root, "", visit), top);
        if (!walk.CutAt().empty() && cut_at_.empty()) cut_at_ = Below(top, walk.CutAt());
      }
    }
    return {};
  }

  void CheckName(const WalkedEntry& entry, const std::string& path) {
    const auto status = kernel::StatEntry(entry.directory, std::string(entry.name));
    if (!status || !*status) return;
    const auto file = links_.find({(*status)->st_dev, (*status)->st_ino});
    if (file == links_.end() || file->second.path == path) return;
    found_.push_back({path, file->second.rule + ", as " + file->second.path});
  }

  void AddAliases() {
    const std::size_t count = found_.size();
    for (std::size_t i = 0; i < count; ++i) {
      for (std::string& alias : AliasesOf(found_[i].path, request_.mounts))
        found_.push_back({std::move(alias), found_[i].rule + ", as " + found_[i].path});
    }
  }

  Result<DeniedFiles> Finish() {
    if (!cut_at_.empty()) {
      warnings_.emplace_back("deny rules: more than " + std::to_string(kMostEntries) +
                             " files, or too many levels: from " + Quoted(cut_at_) +
                             " on nothing was looked for, and what is denied there can be seen");
    }
    // Of several reasons for one path the first is kept.
    std::map<std::string, std::string> rules;
    for (DeniedFile& file : found_)
      rules.emplace(std::move(file.path), std::move(file.rule));
    DeniedFiles denied = {.files = {}, .warnings = std::move(warnings_)};
    for (const auto& [path, rule] : rules) {
      bool is_inner = false;
      for (auto slash = path.rfind('/'); slash != 0 && !is_inner;
           slash = path.rfind('/', slash - 1))
        is_inner = rules.contains(path.substr(0, slash));
      if (!is_inner) denied.files.push_back({path, rule});
    }
    return denied;
  }

  const DenySearch& request_;
  TreeWalk walk_{kMostEntries};
  std::vector<DeniedFile> found_;
  std::vector<Lead> symlinks_;
  std::vector<Lead> directories_;
  std::map<FileId, DeniedFile> links_;  // denied files that have other names
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
