// The last lines of `agentbox apply`: how much was done, and what to do about the rest. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "review/merge.h"

namespace agentbox::container {

// What became of all steps of all trees.
struct ApplyTally {
  std::size_t applied = 0;
  std::size_t left_out = 0;
  std::size_t not_wanted = 0;

  // Of those that were left out: what an option would let through,
  std::size_t run_later = 0;
  std::size_t rules = 0;  // Reason::kProjectRules
  std::size_t in_conflict = 0;
  std::size_t other_trees = 0;
  // and what waits for others to be applied.
  std::size_t waiting = 0;
  std::string git_index;  // a path of git's index that is in conflict

  // One that was left out; `path` for a command line.
  void LeaveOut(review::Reason reason, const std::string& path);
};

struct AppliedHow {
  std::string name;  // of the review
  bool has_paths = false;
  bool is_interactive = false;
  bool is_trial = false;
  bool force = false;
};

// "3 applied, 1 left out\n".
std::string ApplySummary(const ApplyTally& tally, const AppliedHow& how);

// What stays, and the commands for it; empty where nothing does.
std::string ApplyAdvice(const ApplyTally& tally, const AppliedHow& how);

}  // namespace agentbox::container
