// With which arguments the calls of kind kLimited run in the host's kernel. Pure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "plan/seccomp.h"
#include "policy/policy.h"

namespace agentbox::plan {

class LimitWriter;

struct SyscallLimit {
  std::string_view syscall;
  std::string_view text;  // what is refused, with which errno, and why that one
  void (*write)(LimitWriter& rules, policy::Profile profile) = nullptr;
};

// Sorted by name. Calls that only some profiles limit are among them.
std::span<const SyscallLimit> SyscallLimits();

// Nothing for a call without limits.
const SyscallLimit* FindLimit(std::string_view syscall);

// The rules of a call that SyscallLimits() names. The first one whose conditions hold decides, and
// the last one has none.
std::vector<SeccompRule> LimitRules(std::string_view syscall, policy::Profile profile);

}  // namespace agentbox::plan
