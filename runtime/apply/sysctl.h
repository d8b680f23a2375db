// linux.sysctl. Zone: open or init: whoever is in the namespaces concerned.
//
// The kernel takes a value for the namespace that the *writer* is in, whatever pid namespace
// `procfs` is of. The launcher can write more than init: `ping_group_range` beyond 65535 is in
// init's user namespace a group that is not mapped, IPC parameters are the host's root's to write
// before Linux 6.9 (and the container's root's alone since), and those of a network namespace that
// the host owns are never init's. So the launcher is to call this between setns(init's pidfd, ...)
// and setns back; init can where the launcher may not (rootless).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "abi/ids.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/sysctl.h"

namespace agentbox::apply {

// Sets those of `steps` that belong to one of `namespaces` (CLONE_NEW*), through `procfs` of
// kernel::OpenProcfs. `maps` are the container's, as the writer sees them; empty where the writer
// is in the container's user namespace itself. Groups in a value (ping_group_range) are the
// container's.
Result<void> Sysctl(const UniqueFd& procfs,
                    const std::vector<plan::SysctlStep>& steps,
                    std::uint64_t namespaces,
                    const abi::IdMaps& maps);

// `value` of ping_group_range, two gids of the container with white space between, as gids of the
// writer. A range that ends beyond the mapped ids ends at the last one in a line with its
// beginning; anything else is as it was, for the kernel to judge.
std::string MappedGroupRange(const std::string& value, const std::vector<abi::IdMapping>& gids);

}  // namespace agentbox::apply
