// The resctrl group of a container: the executor of plan/resctrl.h.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"
#include "plan/resctrl.h"

namespace agentbox::cgroups {

// Recorded (state.json) before anything is made. Absolute directories; empty: none.
struct ResctrlLocation {
  std::string group;
  std::string monitor;  // removed with the container
  bool is_own = false;  // the group, too
};

ResctrlLocation LocateResctrl(const plan::ResctrlPlan& plan,
                              const std::string& id,
                              const std::string& root = "/sys/fs/resctrl");

// kAlreadyExists where the directory that is to be the container's own is there. To be asked before
// the location is recorded.
Result<void> CheckResctrlUnused(const ResctrlLocation& location);

// Makes the group, with its schemata, and the monitoring group. Of a group that is there already
// the schemata must be as the plan has them (config-linux.md#intelrdt), else kInvalidSpec.
Result<void> MakeResctrl(const ResctrlLocation& location, const plan::ResctrlPlan& plan);

// Moves the process `pid`, which its children will follow, into the groups; nothing to do where
// there are none.
Result<void> JoinResctrl(const ResctrlLocation& location, pid_t pid);

// Writes new schemata. kUnsupported where the container has no group of its own: others may be in a
// named one.
Result<void> UpdateResctrl(const ResctrlLocation& location,
                           const std::vector<std::string>& schemata);

// Removes what is the container's own. No error if gone.
Result<void> RemoveResctrl(const ResctrlLocation& location);

}  // namespace agentbox::cgroups
