// The ids of the calling process, which has one thread (credentials(7)), and of files.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/error.h"

namespace agentbox::kernel {

Result<void> SetGroups(const std::vector<gid_t>& groups);  // setgroups(2)
Result<void> SetGid(gid_t gid);  // setresgid(2): real, effective and saved
Result<void> SetUid(uid_t uid);  // setresuid(2)

// umask(2).
void SetUmask(mode_t mask);

// fchown(2); -1 leaves an id as it is.
Result<void> SetOwner(int file, uid_t uid, gid_t gid);

}  // namespace agentbox::kernel
