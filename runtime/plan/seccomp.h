// Which system calls the kernel answers: the engine's profile, ours, or both. Pure: rules only, BPF
// is made of them in launch/filter.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::plan {

enum class SeccompAction : std::uint8_t {
  kKillThread,
  kKillProcess,
  kTrap,
  kErrno,  // `data` is the errno
  kNotify,
  kTrace,  // `data` is the message
  kLog,
  kAllow,
};

enum class SeccompCompare : std::uint8_t { kNe, kLt, kLe, kEq, kGe, kGt, kMaskedEq };

struct SeccompCondition {
  unsigned argument = 0;  // 0 to 5
  SeccompCompare compare = SeccompCompare::kEq;
  std::uint64_t value = 0;      // kMaskedEq: the mask
  std::uint64_t value_two = 0;  // kMaskedEq: what the masked argument is compared with

  bool operator==(const SeccompCondition&) const = default;
};

struct SeccompDecision {
  SeccompAction action = SeccompAction::kAllow;
  std::uint16_t data = 0;
};

// A system call by name; one that this architecture or build does not know is passed over. Of
// several rules for one call the first whose conditions hold decides.
struct SeccompRule {
  std::string syscall;
  SeccompDecision decision;
  std::vector<SeccompCondition> conditions;  // all must hold
};

struct SeccompFilter {
  std::string origin;  // "linux.seccomp", or "profile dev"
  SeccompDecision otherwise;
  std::vector<std::string> architectures;  // besides the native one: "SCMP_ARCH_X86"
  std::vector<SeccompRule> rules;
  unsigned flags = 0;         // SECCOMP_FILTER_FLAG_*
  std::string listener_path;  // socket that gets the listener; empty: none
  std::string listener_metadata;
};

struct SeccompPlan {
  // Loaded in this order; the kernel takes the strictest answer (seccomp(2)).
  std::vector<SeccompFilter> filters;
  std::string engine_profile;  // what became of linux.seccomp, and why; empty: there was none
};

// Our own filter, and after it the one of config.json, unless that is an engine's default
// (known_profiles.h): then ours alone.
//
// Of several rules for one call runc's libseccomp lets one without conditions win over those with,
// and the first of those; so does this. Of rules with conditions that hold at once the strictest
// decides. kInvalidSpec for an unknown action, operator, architecture or flag, an errno for an
// action that has none, SCMP_ACT_NOTIFY without a listenerPath, as the default, or for a call that
// init itself makes before an agent can answer.
Result<SeccompPlan> PlanSeccomp(const spec::Config& config, const policy::Policy& policy);

// As in linux.seccomp of config.json: "SCMP_CMP_EQ".
std::string_view Name(SeccompCompare compare);

// Whether a listener is needed: a rule's answer is SeccompAction::kNotify.
bool Notifies(const SeccompFilter& filter);

// "socket: ALLOW if arg0 == 1".
std::string ToString(const SeccompRule& rule);

// One line per rule.
std::string ToString(const SeccompFilter& filter);

}  // namespace agentbox::plan
