// linux.sysctl. Zone: open or init: whoever is in the namespaces concerned.
//
// The kernel takes a value for the namespace that the *writer* is in, whatever pid namespace
// `procfs` is of. The launcher can write more than init: `ping_group_range` beyond 65535 is in
// init's user namespace a group that is not mapped, IPC parameters are init's to write only since
// Linux 6.9, and those of a network namespace that the host owns never. So the launcher is to call
// this between setns(init's pidfd, ...) and setns back; init can where the launcher may not
// (rootless).
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
// kernel::OpenProcfs. Groups in a value (ping_group_range) are the container's: `gids` has what
// they are for the writer; empty where that is in the container's user namespace itself.
Result<void> Sysctl(const UniqueFd& procfs,
                    const std::vector<plan::SysctlStep>& steps,
                    std::uint64_t namespaces,
                    const std::vector<abi::IdMapping>& gids);

// `value` of ping_group_range, two gids of the container with white space between, as gids of the
// writer. A range that ends beyond the mapped ids ends at the last one in a line with its
// beginning; anything else is as it was, for the kernel to judge.
std::string MappedGroupRange(const std::string& value, const std::vector<abi::IdMapping>& gids);

}  // namespace agentbox::apply
