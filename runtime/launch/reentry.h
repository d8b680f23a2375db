// Without privilege: the runtime starts again, from a sealed copy of itself, as root of nothing but
// a user namespace of its own. That one and its mount namespace then play the part of the host's:
// what is mounted there is locked in the container's, whose user namespace is below it.
//
//   agentbox (the user)
//      |-- clones a helper, which stays outside
//      unshare(CLONE_NEWUSER | CLONE_NEWNS)
//      |<- the helper has newuidmap(1) and newgidmap(1) write the maps
//      execveat(2) of the sealed copy, with every capability ambient
//
// Ids keep their numbers: the user's own, and the subordinate ones of /etc/subuid and /etc/subgid.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "abi/ids.h"
#include "base/error.h"

namespace agentbox::launch {

// Returns at once where the process has CAP_SYS_ADMIN. Else starts `args` again, and does not
// return unless it fails. kUnsupported, saying what the host lacks, where user namespaces are not
// to be had.
Result<void> EnsurePrivilege(const std::vector<char*>& args);

// Runs `work` where the ids of the user's sandboxes are the caller's to act on: here, if the
// process has CAP_SYS_ADMIN; else in a child, in a user namespace with the same ids as
// EnsurePrivilege's.
Result<void> WithPrivilege(const std::function<Result<void>()>& work);

// The ranges that a subuid(5) table gives the user, by name or by number.
std::vector<abi::IdMapping> SubordinateIds(std::string_view table,
                                           std::string_view user,
                                           std::uint32_t uid);

}  // namespace agentbox::launch
