#include "container/apply_advice.h"

#include "review/quoting.h"

namespace agentbox::container {
namespace {

std::string Stays(const std::string& name, const std::string& what) {
  return name + " stays: " + what + "\n";
}

// "--force applies what changed, ...": the options that would let through what was left out.
std::string Options(const ApplyTally& tally, const AppliedHow& how) {
  std::string options;
  const auto add = [&options](const std::string& option, const std::string& what) {
    options += (options.empty() ? option + " applies " : ", " + option + " ") + what;
  };
  if (tally.other_trees > 0) add("--other-tree", "to what is there now");
  if (tally.run_later > 0) {
    add("--allow-exec-config", "what runs code later");
  } else if (tally.rules > 0) {
    add("--allow-exec-config", "the project's rules");
  }
  if (tally.in_conflict > 0 && !how.force) add("--force", "what changed");
  return options;
}

// A plain `git status` writes it: what was committed in the sandbox would then seem to be staged
// for removal.
std::string OfGit(const ApplyTally& tally, const AppliedHow& how) {
  if (tally.git_index.empty() || how.force) return {};
  const std::string index = review::QuotedWord(tally.git_index);
  return "a git status is enough to change " + index + ": agentbox apply --force " + how.name +
         " " + index + " applies the sandbox's, without what was staged here since\n";
}

}  // namespace

void ApplyTally::LeaveOut(review::Reason reason, const std::string& path) {
  using review::Reason;
  ++left_out;
  if (reason == Reason::kRunsLater) ++run_later;
  if (reason == Reason::kProjectRules) ++rules;
  if (reason == Reason::kRenamed || reason == Reason::kNotEmpty) ++waiting;
  if (reason != Reason::kChanged && reason != Reason::kVanished) return;
  ++in_conflict;
  if (("/" + path).ends_with("/.git/index")) git_index = path;
}

std::string ApplySummary(const ApplyTally& tally, const AppliedHow& how) {
  std::string text = std::to_string(tally.applied);
  text += how.is_trial ? " to apply" : " applied";
  if (tally.left_out > 0) text += ", " + std::to_string(tally.left_out) + " left out";
  return text + "\n";
}

std::string ApplyAdvice(const ApplyTally& tally, const AppliedHow& how) {
  const std::string removes = "agentbox discard " + how.name + " removes it";
  if (tally.left_out == 0) {
    if (how.is_trial || tally.not_wanted == 0) return {};
    if (how.is_interactive) return Stays(how.name, removes);
    return Stays(how.name, "agentbox diff " + how.name + " lists the rest");
  }
  std::string options = Options(tally, how);
  // What it waits for may be what was not chosen.
  if (tally.waiting > 0 && tally.not_wanted > 0 && how.has_paths) {
    options += (options.empty() ? "" : ", ") + ("agentbox apply " + how.name) +
               " applies all, with what was renamed at its new place";
  }
  if (how.is_trial) return (options.empty() ? "" : options + "\n") + OfGit(tally, how);
  return Stays(how.name, options.empty() ? removes : options) + OfGit(tally, how);
}

}  // namespace agentbox::container
