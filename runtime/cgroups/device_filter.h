// Rules of access to devices as a BPF program, which is what cgroup2 has in place of a controller.
#pragma once

#include <linux/bpf.h>

#include <vector>

#include "base/error.h"
#include "plan/cgroups.h"

namespace agentbox::cgroups {

// The program returns 1 to allow. As the last matching rule decides, it tries them from the last to
// the first; a rule allows an access only whole (read and write at once need both letters), and
// denies one that it has any part of, as v1 does. Pure.
std::vector<struct bpf_insn> DeviceProgram(const std::vector<plan::DeviceAccess>& rules);

// The filter of the cgroup `directory` is that of `rules` from here on. The new one is attached
// before the old ones go: at no moment is more allowed than by either.
Result<void> SetDeviceFilter(int directory, const std::vector<plan::DeviceAccess>& rules);

}  // namespace agentbox::cgroups
