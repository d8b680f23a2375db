// `agentbox diff`: what a review changes, printed.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "container/container.h"
#include "review/diff.h"
#include "review/opened_layer.h"
#include "review/output.h"

namespace agentbox::container {

struct DiffOptions {
  std::vector<std::string> words;  // of the command line: a review's name, paths
  review::DiffFormat format = review::DiffFormat::kList;
  review::Coloring coloring = review::Coloring::kAuto;
  bool has_pager = true;
  review::TreeRule trees = review::TreeRule::kShown;
};

// A warning in the log for each tree that is gone, or is another by now, with what was changed in
// it.
Result<void> DiffReview(const Runtime& runtime, const DiffOptions& options);

}  // namespace agentbox::container
