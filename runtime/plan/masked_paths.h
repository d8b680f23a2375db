// linux.maskedPaths and linux.readonlyPaths, with what we add of /proc and /sys. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::plan {

struct MaskedPath {
  std::string origin;  // "linux.maskedPaths[0]", or "policy"
  std::string path;    // absolute, in the container; one that is not there is passed over
};

struct MaskedPathsPlan {
  std::vector<MaskedPath> masked;     // unreadable: /dev/null, or an empty read-only directory
  std::vector<MaskedPath> read_only;  // visible, not writable
};

Result<MaskedPathsPlan> PlanMaskedPaths(const spec::Config& config, const policy::Policy& policy);

}  // namespace agentbox::plan
