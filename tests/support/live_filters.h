// The seccomp filters that the kernel runs for a process, read back from it.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <vector>

namespace agentbox::test {

// The filters of `pid`, the one loaded last first (PTRACE_SECCOMP_GET_FILTER; root of the host, and
// none on itself). Throws where the kernel will not tell.
std::vector<std::vector<struct sock_filter>> LiveFilters(pid_t pid);

}  // namespace agentbox::test
