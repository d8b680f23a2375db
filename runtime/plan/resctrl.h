// linux.intelRdt: the resctrl group whose share of caches and memory bandwidth a container has
// (Documentation/arch/x86/resctrl.rst). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "plan/host_facts.h"
#include "spec/config.h"

namespace agentbox::plan {

struct ResctrlPlan {
  std::string group;  // a directory of resctrl: the closID, or the container's id
  // Made for the container, and removed with it. Else it has a closID: it may be there already,
  // with others in it, and stays.
  bool is_own = true;
  std::vector<std::string> schemata;  // lines; empty: the group's own
  bool has_monitor = false;           // a monitoring group of the container's, in that group
};

// kUnsupported where the host has no resctrl.
Result<std::optional<ResctrlPlan>> PlanResctrl(const spec::Config& config,
                                               const HostFacts& facts,
                                               const std::string& id);

// One line of `schemata` ("L3:0=f;1=ff") asks for no other value than those of `current`, the
// kernel's file, in which numbers have blanks and zeros before them.
bool IsSchemaIn(const std::string& line, const std::string& current);

std::string ToString(const ResctrlPlan& plan);

}  // namespace agentbox::plan
