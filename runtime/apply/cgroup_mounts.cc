#include "apply/cgroup_mounts.h"

#include <fcntl.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"

namespace agentbox::apply {
namespace {

constexpr mode_t kMode = 0755;
constexpr std::string_view kNamed = "name=";  // of a hierarchy without a controller: "name=systemd"

}  // namespace

bool IsUnified(const std::map<std::string, std::string>& cgroups) {
  return cgroups.size() == 1 && cgroups.begin()->first.empty();
}

std::vector<CgroupHierarchy> Hierarchies(const std::map<std::string, std::string>& cgroups) {
  std::vector<CgroupHierarchy> hierarchies;
  for (const auto& [controller, directory] : cgroups) {
    std::string name = controller.empty() ? "unified" : controller;
    if (name.starts_with(kNamed)) name = name.substr(kNamed.size());
    const auto same = std::ranges::find(hierarchies, directory, &CgroupHierarchy::directory);
    if (same == hierarchies.end()) {
      hierarchies.push_back({.name = name, .directory = directory, .aliases = {}});
      continue;
    }
    if (same->aliases.empty()) same->aliases.push_back(same->name);
    same->aliases.push_back(name);
    same->name += "," + name;
  }
  return hierarchies;
}

Result<UniqueFd> CloneCgroup(const std::string& directory) {
  const UniqueFd file = TRY(kernel::Open(AT_FDCWD, directory, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  UniqueFd mount = TRY(kernel::CloneTree(file.Get(), "", /*recursive=*/false));
  return mount;
}

Result<UniqueFd> MakeCgroupRoot(const std::vector<CgroupHierarchy>& hierarchies,
                                const SandboxIds& ids) {
  const std::string uid = std::to_string(ids.RootUid());
  const std::string gid = std::to_string(ids.RootGid());
  UniqueFd root = TRY(kernel::MountFilesystem(
      "tmpfs", {{"mode", "0755"}, {"size", "64k"}, {"uid", uid}, {"gid", gid}}));
  for (const CgroupHierarchy& hierarchy : hierarchies) {
    TRY(kernel::MakeDirectory(root.Get(), hierarchy.name, kMode));
    TRY(kernel::SetOwnership(root.Get(), hierarchy.name, ids.RootUid(), ids.RootGid(), kMode));
    for (const std::string& alias : hierarchy.aliases) {
      TRY(kernel::MakeSymlink(hierarchy.name, root.Get(), alias));
      TRY(kernel::SetOwnership(root.Get(), alias, ids.RootUid(), ids.RootGid(), 0));
    }
  }
  return root;
}

}  // namespace agentbox::apply
