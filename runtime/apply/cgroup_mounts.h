// The container's own cgroup, as its /sys/fs/cgroup.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

// One hierarchy: a directory, or a symlink to one, in /sys/fs/cgroup.
struct CgroupHierarchy {
  std::string name;                  // "cpu,cpuacct", "systemd", "unified"
  std::string directory;             // the container's, on the host
  std::vector<std::string> aliases;  // "cpu", "cpuacct"
};

// The hierarchies of `cgroups` (MountContext::cgroups): controllers that are mounted together have
// one directory, which the host names by all of them.
std::vector<CgroupHierarchy> Hierarchies(const std::map<std::string, std::string>& cgroups);

// Whether the container has cgroup2 alone.
bool IsUnified(const std::map<std::string, std::string>& cgroups);

// A detached mount of the container's directory in one hierarchy.
Result<UniqueFd> CloneCgroup(const std::string& directory);

// The tmpfs that holds the hierarchies' mount points and aliases; not yet read-only.
Result<UniqueFd> MakeCgroupRoot(const std::vector<CgroupHierarchy>& hierarchies,
                                const SandboxIds& ids);

}  // namespace agentbox::apply
