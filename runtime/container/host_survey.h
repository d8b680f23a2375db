// Looks up what PlanHostView needs of the host.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "container/host_view.h"
#include "container/invoker.h"
#include "plan/host_facts.h"
#include "policy/policy.h"

namespace agentbox::container {

struct SurveyRequest {
  const policy::Policy& policy;
  const plan::HostFacts& facts;
  const Invoker& invoker;
  std::string cwd;                   // as given; empty: the caller's
  std::vector<std::string> to_hide;  // besides the policy's: state and scratch directories
};

// Errors of FindDenied, too: a project's own policy file in the working directory may be wrong.
Result<HostSurvey> SurveyHost(const SurveyRequest& request);

}  // namespace agentbox::container
