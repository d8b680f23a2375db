// How bind mounts are shown: directly, read-only, or through a layer that is thrown away or kept
// for review. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "base/error.h"
#include "plan/mounts.h"
#include "policy/policy.h"

namespace agentbox::plan {

// Gives `step`, which comes after `before`, the mode that the policy has for it: if it is a bind
// mount, else it stays. One that config.json makes read-only is not to be written to in any mode.
// kRefused as policy::ModeOf; kUnsupported for an option that goes with no layer.
Result<void> ChooseMode(const policy::Policy& policy,
                        const std::vector<MountStep>& before,
                        MountStep& step);

// kInvalidSpec for an annotation about a destination where no bind mount is.
Result<void> CheckAnnotatedMounts(const policy::Policy& policy,
                                  const std::vector<MountStep>& steps);

// How many layers of `steps` are kept.
std::size_t CountKept(const std::vector<MountStep>& steps);

// The name of the next one's directory.
std::string NextLayer(const std::vector<MountStep>& steps);

}  // namespace agentbox::plan
