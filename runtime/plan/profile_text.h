// The table of system calls as people read it: `agentbox seccomp` and agentbox-seccomp(7). Pure.
#pragma once

#include <string>
#include <string_view>

#include "plan/syscall_table.h"
#include "policy/policy.h"

namespace agentbox::plan {

// "host", "limited", "sentry", "denied".
std::string_view Name(SyscallKind kind);

// What is refused of a call of kind kLimited; empty for others.
std::string_view LimitOf(const SyscallEntry& entry, policy::Profile profile);

// One line for each call that this architecture has, and the counts before them.
std::string ProfileText(policy::Profile profile);

// All that is known of one call: its numbers, what each profile does with it, and why.
std::string Explanation(const SyscallEntry& entry);

// The table as the body of a manual page (man(7)), for x86-64.
std::string ManualTable();

}  // namespace agentbox::plan
