// A container's directory in one hierarchy, and the plan's writes to its files.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/cgroups.h"

namespace agentbox::cgroups {

struct Hierarchy {
  std::vector<std::string> controllers;  // v1: "cpu", "cpuacct"; cgroup2: none
  std::string path;
  UniqueFd directory;  // empty until OpenHierarchy

  bool IsUnified() const { return controllers.empty(); }
};

// The descriptor of the directory, which stays open.
Result<int> OpenHierarchy(Hierarchy& hierarchy);

// The hierarchy that has `controller`, "" being cgroup2; nullptr if none.
Hierarchy* FindHierarchy(std::vector<Hierarchy>& hierarchies, const std::string& controller);

// The writes in their order, each to the hierarchy of its controller, or with v2 to the only one.
// A value that the kernel rejects beside the present value of another file (a limit of memory above
// that of memory+swap, a quota too small for the period) is tried again after the others. Errors
// name the origin: kUnsupported for a controller or a file that is not there, kRefused for a limit
// below what is in use.
Result<void> ApplyWrites(std::vector<Hierarchy>& hierarchies,
                         const std::vector<plan::CgroupWrite>& writes);

}  // namespace agentbox::cgroups
