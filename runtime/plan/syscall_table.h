// Every system call that we know, and what the default profile says of it. Pure.
#pragma once

#include <span>
#include <string_view>

namespace agentbox::plan {

struct SyscallEntry {
  std::string_view name;
  int number = 0;  // the errno that it gets; 0: it runs in the host's kernel
};

// Sorted by name, without repetitions. Calls whose arguments are looked at are here as allowed;
// default_profile.cc has their limits.
std::span<const SyscallEntry> SyscallTable();

}  // namespace agentbox::plan
