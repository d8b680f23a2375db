// What `agentbox seccomp --json` prints.
#pragma once

#include <string>

#include "policy/policy.h"

namespace agentbox::cli {

// The table of this architecture's calls in `profile`, with the rules of those that are limited.
std::string ProfileJson(policy::Profile profile);

}  // namespace agentbox::cli
