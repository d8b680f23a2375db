// uid_map and gid_map of a new user namespace (user_namespaces(7)).
#pragma once

#include <sys/types.h>

#include "abi/ids.h"
#include "base/error.h"

namespace agentbox::kernel {

// Writes the maps of `pid`, which has just been cloned with CLONE_NEWUSER, from outside. Needs
// CAP_SETUID and CAP_SETGID over the caller's own user namespace.
Result<void> WriteIdMaps(pid_t pid, const abi::IdMaps& maps);

// The maps of `pid`'s user namespace, `host` ids as the caller sees them.
Result<abi::IdMaps> ReadIdMaps(pid_t pid);

}  // namespace agentbox::kernel
