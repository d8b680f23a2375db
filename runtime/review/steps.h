// The changes of a layer, each with what is to become of it.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "review/changes.h"
#include "review/merge.h"

namespace agentbox::review {

struct StepList {
  std::vector<Step> steps;  // in the order of the paths
  // Paths of copies in the real tree that an interrupted apply has left, below directories that are
  // to go.
  std::vector<std::string> leftovers;
};

Result<StepList> ListSteps(const Layer& layer, const MergeOptions& options);

}  // namespace agentbox::review
