// Which seccomp profiles are engines' own defaults, sent with every container, and which somebody
// wrote for this one. The defaults' rules are kept here, with where they come from. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "plan/seccomp.h"
#include "policy/policy.h"

namespace agentbox::plan {

struct Recognition {
  std::string_view engine;  // "Docker and containerd"; empty: it is no default
  std::string difference;   // from the nearest default, where it is none
};

// Whether each rule of `filter` is one of an engine's default for a process with this bounding set
// (their rules depend on it), and none is missing that `policy` would then open. Rules are
// compared one by one, so it does not matter how an engine groups them.
//
// CRI-O's default, which is Podman's without unshare(2), is looked for among CRI-O's containers
// only: elsewhere somebody may have meant it.
Recognition RecognizeDefault(const SeccompFilter& filter,
                             const std::vector<std::string>& capabilities,
                             const std::map<std::string, std::string>& annotations,
                             const policy::Policy& policy);

}  // namespace agentbox::plan
