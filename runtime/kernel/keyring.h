// Session keyrings (keyrings(7)).
#pragma once

#include <string>

#include "base/error.h"

namespace agentbox::kernel {

// A new session keyring of that name for this process and its descendants, instead of the
// invoker's, whose keys it could read. No error where the kernel has no keyrings (ENOSYS).
Result<void> JoinSessionKeyring(const std::string& name);

}  // namespace agentbox::kernel
