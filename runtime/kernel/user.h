// The ids of the calling process (credentials(7)). The process has one thread.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/error.h"

namespace agentbox::kernel {

Result<void> SetGroups(const std::vector<gid_t>& groups);  // setgroups(2)
Result<void> SetGid(gid_t gid);  // setresgid(2): real, effective and saved
Result<void> SetUid(uid_t uid);  // setresuid(2)

}  // namespace agentbox::kernel
