// How much a directory of ours may hold, by a project quota.
//
// Root is exempt from quotas by CAP_SYS_RESOURCE, but not what overlayfs does for a sandbox with
// the credentials of root, who mounted it: it gives that capability up (Linux 4.10).
//
// The file system itself is the record of which projects are taken: one that has an inode is. So
// it holds after a restart of the machine, too, and nothing has to be kept in step with it.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// Gives the directory (which may be O_PATH), where nothing is yet, a project of its own, so that it
// and all that is made in it hold `bytes` at most, and no more files than blocks of 4 KiB. Beyond
// that there is ENOSPC on xfs, EDQUOT on ext4.
//
// kRefused when no project is free; as the system calls where the file system has none. Of the
// initial user namespace.
Result<void> LimitDirectory(const UniqueFd& directory, std::uint64_t bytes);

// Takes the limit of the directory `name` in `parent` away, before it is removed; no record of it
// is left then. No error where it has none, or there is no directory by that name.
Result<void> UnlimitDirectory(int parent, const std::string& name);

}  // namespace agentbox::kernel
