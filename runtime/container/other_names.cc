#include "container/other_names.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "container/deny_scope.h"
#include "kernel/entry.h"
#include "kernel/path.h"
#include "plan/mounts.h"

namespace agentbox::container {

void OtherNames::Note(int directory, const std::string& name, const DeniedFile& file) {
  const auto status = kernel::StatEntry(directory, name);
  if (!status || !*status || (*status)->st_nlink < 2) return;
  files_.emplace(FileId{(*status)->st_dev, (*status)->st_ino}, file);
  inodes_.insert((*status)->st_ino);
}

Result<std::string> OtherNames::Find(Findings& found) {
  if (files_.empty()) return std::string();
  for (const std::string& workspace : search_.workspaces) {
    const auto seen = seen_.find(workspace);
    if (seen == seen_.end() || !seen->second.IsReliable()) {
      TRY(WalkThrough(workspace, found));
      continue;
    }
    const std::vector<std::string> tops = MountsIn(search_, workspace);
    for (const std::string& below : seen->second.DirectoriesWith(inodes_)) {
      const std::string directory = below.empty() ? workspace : Below(workspace, below);
      for (const std::string& top : tops) {
        if (plan::IsAtOrBelow(directory, top)) TRY(LookIn(top, directory, found));
      }
    }
  }
  return cut_at_;
}

Result<void> OtherNames::LookIn(const std::string& top,
                                const std::string& directory,
                                Findings& found) const {
  const auto tree = OpenTree(search_, top);
  if (!tree) return {};
  const std::string below = directory == top ? "." : directory.substr(Below(top, "").size());
  const auto opened = kernel::OpenOnMount(tree->Get(), below, O_RDONLY | O_DIRECTORY);
  if (!opened) return {};
  const auto visit = [&](const WalkedEntry& entry) -> Result<bool> {
    if (entry.type != DT_REG || !inodes_.contains(entry.inode)) return false;
    const std::string path = Below(directory, entry.path);
    TRY(Check({entry.directory, std::string(entry.name), path, top}, found));
    return false;
  };
  TreeWalk walk(search_.most_entries);
  TRY_WITHIN(walk.Walk(*opened, "", visit), directory);
  return {};
}

Result<void> OtherNames::WalkThrough(const std::string& workspace, Findings& found) {
  TreeWalk walk(search_.most_entries);
  for (const std::string& top : MountsIn(search_, workspace)) {
    const auto root = OpenTree(search_, top);
    if (!root && root.error().Errno() == ENOTDIR) TRY(LookAt(top, found));
    if (!root) continue;
    const bool is_overlay = TRY(IsOnOverlay(*root));
    const auto visit = [&](const WalkedEntry& entry) -> Result<bool> {
      const std::string path = Below(top, entry.path);
      const bool is_meant = is_overlay || inodes_.contains(entry.inode);
      if (is_meant && entry.type == DT_REG) {
        TRY(Check({entry.directory, std::string(entry.name), path, top}, found));
      }
      return !IsPassedOver(search_, path);
    };
    TRY_WITHIN(walk.Walk(*root, "", visit), top);
    if (!walk.CutAt().empty() && cut_at_.empty()) cut_at_ = Below(top, walk.CutAt());
  }
  return {};
}

Result<void> OtherNames::LookAt(const std::string& file, Findings& found) const {
  const auto slash = file.rfind('/');
  const auto directory = OpenDirectory(slash == 0 ? "/" : file.substr(0, slash));
  if (!directory) return {};
  return Check({directory->Get(), file.substr(slash + 1), file, file}, found);
}

Result<void> OtherNames::Check(const Name& name, Findings& found) const {
  const auto status = kernel::StatEntry(name.directory, name.name);
  if (!status || !*status) return {};
  const auto file = files_.find({(*status)->st_dev, (*status)->st_ino});
  if (file == files_.end() || file->second.path == name.path) return {};
  TRY(found.Note(name.path,
                 file->second.rule + ", as " + file->second.path,
                 Beneath(search_, name.top, name.path)));
  return {};
}

}  // namespace agentbox::container
