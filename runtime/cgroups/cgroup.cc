#include "cgroups/cgroup.h"

#include "base/strings.h"
#include "cgroups/stats.h"
#include "cgroups/systemd.h"
#include "cgroups/v1.h"
#include "cgroups/v2.h"

namespace agentbox::cgroups {
namespace {

// A container without a cgroup of its own: there is nothing to make, limit, stop or count.
class None : public FileCgroup {
 public:
  using FileCgroup::FileCgroup;

 protected:
  Result<void> Prepare() override { return {}; }
};

// "/a/b" and "c" make "/a/b/c", with "/" as nothing.
std::string Joined(const std::string& above, const std::string& below) {
  return (above == "/" ? "" : above) + (below.starts_with('/') ? "" : "/") + below;
}

std::string ParentOf(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string DirectoryIn(const plan::CgroupHierarchy& hierarchy,
                        const std::string& path,
                        plan::CgroupMode mode) {
  if (path.starts_with('/')) return hierarchy.mount_point + path;
  // The runtime is a process in its own cgroup, which on v2 can then have no children with
  // controllers: beside it.
  const std::string above = mode == plan::CgroupMode::kV2 ? ParentOf(hierarchy.own) : hierarchy.own;
  return hierarchy.mount_point + Joined(above, path);
}

Result<Location> LocateFiles(const plan::CgroupPlan& plan, const plan::HostFacts& facts) {
  Location location = {.driver = plan.driver, .mode = facts.cgroup_mode};
  for (const plan::CgroupHierarchy& hierarchy : facts.cgroup_hierarchies) {
    const std::string directory = DirectoryIn(hierarchy, plan.path, facts.cgroup_mode);
    if (hierarchy.controllers.empty()) location.directories[""] = directory;
    for (const std::string& controller : hierarchy.controllers) {
      location.directories[controller] = directory;
    }
  }
  if (!location.directories.empty()) return location;
  if (plan.is_optional) return Location();
  return Fail(
      Error(ErrorKind::kUnsupported,
            "cgroup (" + plan.origin + "): no cgroup hierarchy is mounted in /sys/fs/cgroup"));
}

}  // namespace

Result<Location> Locate(const plan::CgroupPlan& plan, const plan::HostFacts& facts) {
  switch (plan.driver) {
    case plan::CgroupDriver::kNone:
      return Location();
    case plan::CgroupDriver::kCgroupfs:
      return LocateFiles(plan, facts);
    case plan::CgroupDriver::kSystemd:
      return LocateScope(plan, facts);
  }
  return Fail(Error(ErrorKind::kInternal, "no such cgroup driver"));
}

std::unique_ptr<Cgroup> Open(Location location) {
  switch (location.driver) {
    case plan::CgroupDriver::kNone:
      location.directories.clear();
      return std::make_unique<None>(std::move(location));
    case plan::CgroupDriver::kCgroupfs:
      if (location.mode == plan::CgroupMode::kV2) return std::make_unique<V2>(std::move(location));
      return std::make_unique<V1>(std::move(location));
    case plan::CgroupDriver::kSystemd:
      return std::make_unique<Systemd>(std::move(location));
  }
  return nullptr;
}

}  // namespace agentbox::cgroups
