// The hierarchies of control groups that this host has mounted.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "plan/host_facts.h"

namespace agentbox::cgroups {

// Where every distribution mounts them: cgroup2 itself, or the hierarchies of v1 below.
constexpr const char* kRoot = "/sys/fs/cgroup";

// As in plan::HostFacts, for container/host_facts.cc.
struct HostCgroups {
  plan::CgroupMode mode = plan::CgroupMode::kV2;
  std::vector<std::string> controllers;
  std::vector<plan::CgroupHierarchy> hierarchies;
};

// From /proc/self/cgroup and the conventional mount points below /sys/fs/cgroup, each checked by
// its file system's magic: the mount table need not be read. None at all: no hierarchies, no error.
Result<HostCgroups> FindHostCgroups();

}  // namespace agentbox::cgroups
