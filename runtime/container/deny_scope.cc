#include "container/deny_scope.h"

#include <fcntl.h>
#include <linux/magic.h>

#include <algorithm>
#include <set>

#include "kernel/file.h"
#include "kernel/mount.h"
#include "kernel/path.h"
#include "plan/mounts.h"

namespace agentbox::container {

std::string Below(const std::string& directory, const std::string& path) {
  return (directory == "/" ? "" : directory) + "/" + path;
}

std::vector<std::string> MountsIn(const DenySearch& search, const std::string& root) {
  std::set<std::string> below;
  for (const std::string& point : search.submounts) {
    const bool is_below = point != root && plan::IsAtOrBelow(point, root);
    if (is_below && !IsPassedOver(search, point)) below.insert(point);
  }
  std::vector<std::string> tops = {root};
  tops.insert(tops.end(), below.begin(), below.end());
  return tops;
}

bool IsPassedOver(const DenySearch& search, const std::string& path) {
  return std::ranges::any_of(search.passed_over, [&path](const std::string& directory) {
    return plan::IsAtOrBelow(path, directory);
  });
}

Result<UniqueFd> OpenDirectory(const std::string& path) {
  return kernel::Open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

std::string Beneath(const DenySearch& search, const std::string& top, const std::string& path) {
  const bool is_covered = std::ranges::any_of(search.mounts, [&](const kernel::MountEntry& mount) {
    return mount.target != top && plan::IsAtOrBelow(mount.target, top) &&
           plan::IsAtOrBelow(path, mount.target);
  });
  return is_covered ? top : std::string();
}

Result<UniqueFd> OpenTree(const DenySearch& search, const std::string& path) {
  UniqueFd directory = TRY(OpenDirectory(path));
  const bool has_mounts = std::ranges::any_of(search.mounts, [&path](const auto& mount) {
    return mount.target != path && plan::IsAtOrBelow(mount.target, path);
  });
  if (!has_mounts) return directory;
  const auto tree = kernel::CloneTree(directory.Get(), "", /*recursive=*/false);
  if (!tree) return directory;
  return kernel::Open(tree->Get(), ".", O_RDONLY | O_DIRECTORY);
}

Result<bool> IsOnOverlay(const UniqueFd& file) {
  return TRY(kernel::FilesystemMagic(file.Get())) == OVERLAYFS_SUPER_MAGIC;
}

}  // namespace agentbox::container
