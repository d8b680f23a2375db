// Device filters of cgroup2: bpf(2) with BPF_PROG_TYPE_CGROUP_DEVICE.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// The verified program. It needs CAP_BPF (or CAP_SYS_ADMIN) in the initial user namespace; the
// verifier's words, if any, are in the error.
Result<UniqueFd> LoadDeviceFilter(const std::vector<struct bpf_insn>& program,
                                  const std::string& name);

// Beside those already attached to the cgroup: an access must pass all of them.
Result<void> AttachDeviceFilter(int cgroup, const UniqueFd& program);
Result<void> DetachDeviceFilter(int cgroup, const UniqueFd& program);

// The filters attached to this cgroup itself.
Result<std::vector<UniqueFd>> DeviceFilters(int cgroup);

}  // namespace agentbox::kernel
