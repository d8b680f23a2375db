// The review, and the paths in it, that the words of a command line mean.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "container/container.h"
#include "review/opened_layer.h"
#include "review/store.h"

namespace agentbox::container {

struct ChosenReview {
  review::Review review;
  std::string cwd;                 // that `paths` are relative to
  std::vector<std::string> paths;  // as given, or what they lead to; empty: all
  review::TreeRule trees = review::TreeRule::kShown;

  // The paths that are in the tree below `mount`, relative to it; "." for what is above it. Empty:
  // all of the tree. Nothing: no part of it was chosen.
  std::optional<std::vector<std::string>> PathsIn(const review::ReviewedMount& mount) const;
};

// The first word is a review's name if one is Named so (review/find.h), else a path as the others.
// Without a name it is the one that there is for the first path or else for the working directory.
// Paths are taken by their words; where these name nothing of a review, symlinks are followed.
// Errors as of review::Find and review::Open; kUsage for a path at or below which nothing is
// changed.
struct Choice {
  std::vector<std::string> words;
  review::Access access = review::Access::kRead;
  review::TreeRule trees = review::TreeRule::kShown;
};
Result<ChosenReview> ChooseReview(const Runtime& runtime, Choice choice);

}  // namespace agentbox::container
