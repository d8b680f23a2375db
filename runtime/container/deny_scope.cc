#include "container/deny_scope.h"

#include <fcntl.h>
#include <linux/magic.h>

#include <algorithm>
#include <set>

#include "kernel/file.h"
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

Result<bool> IsOnOverlay(const UniqueFd& file) {
  return TRY(kernel::FilesystemMagic(file.Get())) == OVERLAYFS_SUPER_MAGIC;
}

}  // namespace agentbox::container
