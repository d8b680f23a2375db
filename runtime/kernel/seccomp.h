// seccomp(2).
#pragma once

#include <cstdint>

#include "abi/seccomp.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// Filters the calling thread's system calls from now on. The listener where the program's flags ask
// for one, else empty. Needs no_new_privs, or CAP_SYS_ADMIN in the thread's user namespace; EACCES
// otherwise. EBUSY: there is a listener in the chain of filters already.
Result<UniqueFd> LoadSeccompFilter(const abi::SeccompProgram& program);

// Whether filters may answer with `action` (SECCOMP_RET_USER_NOTIF).
bool HasSeccompAction(std::uint32_t action);

}  // namespace agentbox::kernel
