// What of the caller's environment a command in `do` gets: all but what looks like a secret or
// names a socket that leads out. Pure.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.h"

namespace agentbox::container {

struct FilteredEnvironment {
  std::vector<std::string> variables;  // "NAME=value"
  std::vector<std::string> dropped;    // names, sorted
};

// `own` filtered by the policy. `asked_for`, from --env, has NAME, which is passed whatever the
// policy says, and NAME=value, which is set. Besides what the policy names, a value that is an
// address with a password in it (https://user:word@host) is a secret.
FilteredEnvironment FilterEnvironment(const std::vector<std::string>& own,
                                      const policy::Policy& policy,
                                      const std::vector<std::string>& asked_for);

// Sets NAME=value in `variables`, in the place of what NAME was.
void SetVariable(std::vector<std::string>& variables,
                 const std::string& name,
                 const std::string& value);

}  // namespace agentbox::container
