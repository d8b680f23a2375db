// Which namespaces are made and which are joined. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::plan {

// A namespace given by path. Who owns it, and so when it is joined, only the kernel knows
// (NS_GET_USERNS): the launcher finds out.
struct JoinedNamespace {
  std::string origin;      // "linux.namespaces[2]"
  std::uint64_t flag = 0;  // CLONE_NEWNET
  std::string path;
};

// One line of /proc/PID/timens_offsets (time_namespaces(7)).
struct ClockOffset {
  std::string origin;  // "linux.timeOffsets.monotonic"
  std::string clock;   // "monotonic" or "boottime"
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
};

struct NamespacesPlan {
  std::uint64_t created = 0;  // CLONE_NEW*; CLONE_NEWUSER unless a user namespace is joined
  std::vector<JoinedNamespace> joined;
  std::uint64_t shared = 0;     // neither made nor joined: the host's own, which the policy allowed
  std::uint64_t may_share = 0;  // what the policy allows: a path may turn out to be the host's own
  std::vector<ClockOffset> clock_offsets;
};

// The user and mount namespaces are made even when config.json does not ask (DESIGN section 4).
// kInvalidSpec for an unknown or repeated type. kRefused, naming the policy's key, for a namespace
// of the host's that the policy does not allow to be shared.
Result<NamespacesPlan> PlanNamespaces(const spec::Config& config, const policy::Policy& policy);

// How the policy lets the host's namespace of this kind ("network") be shared; the end of an error.
std::string NamespaceKeyHint(std::string_view kind);

std::string ToString(const NamespacesPlan& plan);

}  // namespace agentbox::plan
