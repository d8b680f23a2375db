// `agentbox apply`: what a sandbox has changed, brought into the real tree.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "container/container.h"
#include "review/opened_layer.h"

namespace agentbox::container {

struct ApplyOptions {
  // The name of the review, and paths, as given. Without a name it is the one about the working
  // directory; without paths, all of it.
  std::vector<std::string> words;
  bool is_interactive = false;
  bool is_trial = false;
  bool force = false;
  bool allow_exec_config = false;
  review::TreeRule trees = review::TreeRule::kShown;
};

// 0: the real tree has all of it; 1: something was left out, and the review is kept.
// kWrongState while the sandbox runs.
Result<int> ApplyReview(const Runtime& runtime, const ApplyOptions& options);

}  // namespace agentbox::container
