#include "review/steps.h"

#include <algorithm>
#include <climits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "kernel/access_list.h"
#include "kernel/entry.h"
#include "kernel/inode.h"
#include "review/marks.h"
#include "review/paths.h"
#include "review/runs_later.h"

namespace agentbox::review {
namespace {

// policy::kProjectFile of a workspace, which may be in the tree anywhere.
constexpr std::string_view kProjectRules = "/.agentbox/policy.json";

bool IsThere(const struct stat& status) {
  return status.st_mode != 0;
}

Attributes OfUsers(const Attributes& attributes, bool is_wanted) {
  Attributes some;
  for (const auto& one : attributes) {
    if (IsOfUsers(one.first) == is_wanted) some.push_back(one);
  }
  return some;
}

class Collector final : public Visitor {
 public:
  Collector(const Layer& layer, const MergeOptions& options) : layer_(layer), options_(options) {}

  Result<void> Visit(const Change& change) override {
    if (change.path.size() >= PATH_MAX) return RefuseTooDeep(change);
    if (!IsThere(change.layer) && IsTemporary(change.path)) {
      listing_.leftovers.push_back(change.path);
      return {};
    }
    const Facts facts = TRY(FactsOf(change));
    Step step = {.path = change.path, .data = change.data, .real = change.real};
    step.layer = change.layer;
    if (S_ISREG(change.layer.st_mode)) step.first = change.from;
    step.decision = Decide(change, facts, options_.rules);
    step.runs_later = facts.runs_later;
    step.is_done = step.decision.IsDone();
    if (S_ISLNK(change.layer.st_mode)) {
      const std::string target = TRY(kernel::ReadLink(change.layer_file, ""));
      step.leads_out = LeadsOut(options_.source, change.path, target);
    }
    step.is_moved_away = TRY(NoteOrigin(change, facts));
    listing_.steps.push_back(std::move(step));
    return {};
  }

  void LookAtReal(int file) override {
    // Empty, which is nobody's origin: the file system has none.
    real_handle_ = kernel::HandleOf(file).value_or(std::string());
    handles_.try_emplace(real_handle_);
  }

  // What the layer has a copy of, under whatever name, is in the real tree under the one or the
  // other; or was removed there meanwhile.
  StepList Finish() {
    // From the end, as names of one file keep their order in a directory that is renamed.
    for (auto derived = derived_.rbegin(); derived != derived_.rend(); ++derived) {
      const auto real = handles_.find(derived->origin);
      if (real == handles_.end()) {
        if (derived->if_vanished) listing_.steps[derived->step].decision = *derived->if_vanished;
      } else if (!real->second.empty()) {
        std::vector<std::size_t>& steps = real->second;
        listing_.steps[steps.back()].renamed_to.push_back(derived->step);
        listing_.steps[derived->step].renamed_from.push_back(steps.back());
        if (steps.size() > 1) steps.pop_back();
      }
    }
    return std::move(listing_);
  }

 private:
  // A change that brings what is made of another entry of the real tree.
  struct Derived {
    std::string origin;
    std::size_t step = 0;
    std::optional<Decision> if_vanished;  // where that one is there no more
  };

  // One step for all that is below: the paths, of a depth that the layer's maker chooses, would
  // need memory that grows with its square.
  Result<void> RefuseTooDeep(const Change& change) {
    if (too_deep_.empty() || !IsBelow(change.path, too_deep_)) {
      too_deep_ = change.path;
      Step step = {.path = change.path, .real = change.real, .layer = change.layer};
      step.decision = {.action = Action::kRefuse, .reason = Reason::kTooDeep};
      listing_.steps.push_back(std::move(step));
    }
    std::string origin = TRY(OriginOf(change));
    const std::size_t refused = listing_.steps.size() - 1;
    if (!origin.empty()) derived_.push_back({.origin = std::move(origin), .step = refused});
    return {};
  }

  // For the change that is the next step. Whether the layer has something else where the real tree
  // has an entry that it may have under another name.
  Result<bool> NoteOrigin(const Change& change, Facts facts) {
    const std::size_t next = listing_.steps.size();
    const std::string origin = TRY(OriginOf(change));
    const bool is_in_place = IsThere(change.real) && origin == real_handle_;
    if (!origin.empty() && !is_in_place) {
      Derived derived = {.origin = origin, .step = next};
      facts.has_vanished = true;
      if (change.is_in_layer) derived.if_vanished = Decide(change, facts, options_.rules);
      derived_.push_back(std::move(derived));
    }
    const bool stays = S_ISDIR(change.real.st_mode) && S_ISDIR(change.layer.st_mode);
    if (IsThere(change.real) && !stays) handles_[real_handle_].push_back(next);
    return !is_in_place;
  }

  // Empty: nothing can be said.
  Result<std::string> OriginOf(const Change& change) const {
    if (!IsThere(change.layer)) return std::string();
    if (change.is_in_layer) return ReadOrigin(change.layer_file, layer_.uses_user_xattrs);
    // It shows through a directory that was renamed, and is what the real tree has elsewhere.
    return kernel::HandleOf(change.layer_file).value_or(std::string());
  }

  Result<Facts> FactsOf(const Change& change) const {
    const TreePath path = {options_.source, change.path};
    // A directory runs nothing: what is in it may.
    const bool is_directory = S_ISDIR(change.layer.st_mode);
    Facts facts = {.runs_later = !is_directory && RunsLater(options_.run_later, path)};
    if (S_ISLNK(change.layer.st_mode) && LeadsToWhatRunsLater(options_.run_later, path)) {
      facts.runs_later = true;
    }
    facts.has_rules = ("/" + change.path).ends_with(kProjectRules);
    facts.is_bystander = options_.bystanders.Has(change.real);
    TRY(AddAttributes(change, facts));
    return facts;
  }

  Result<void> AddAttributes(const Change& change, Facts& facts) const {
    const bool can_have = S_ISREG(change.layer.st_mode) || S_ISDIR(change.layer.st_mode);
    const bool is_same_type = (change.layer.st_mode & S_IFMT) == (change.real.st_mode & S_IFMT);
    if (!can_have || (is_same_type && !change.xattrs)) return {};
    const int file = change.layer_file;
    const Attributes layer =
        TRY(change.is_in_layer ? LayerAttributes(layer_, file) : TreeAttributes(file));
    Attributes real;
    if (is_same_type) real = TRY(TreeAttributes(change.real_file));
    facts.xattrs_to_set = OfUsers(layer, true) != OfUsers(real, true);
    facts.xattrs_to_drop = OfUsers(layer, false) != OfUsers(real, false);
    if (change.is_in_layer && TRY(LacksAttributes(file, layer_.uses_user_xattrs))) {
      facts.xattrs_to_drop = true;
    }
    // One that the real tree has stays there, and the mode is of it.
    const auto list = std::ranges::find(layer, kernel::kAccessList, &Attributes::value_type::first);
    const bool stays =
        std::ranges::count(real, kernel::kAccessList, &Attributes::value_type::first) > 0;
    if (list != layer.end() && !stays) {
      facts.mode = kernel::ModeWithout(list->second, change.layer.st_mode);
    }
    return {};
  }

  const Layer& layer_;
  const MergeOptions& options_;
  StepList listing_;
  // Of what the real tree has; with the steps that change or remove it: several of a file with
  // several names.
  std::unordered_map<std::string, std::vector<std::size_t>> handles_;
  std::string real_handle_;  // of what was looked at last
  std::vector<Derived> derived_;
  std::string too_deep_;  // the last one that was refused
};

}  // namespace

Result<StepList> ListSteps(const Layer& layer, const MergeOptions& options) {
  Collector collector(layer, options);
  TRY(WalkChanges(layer, collector));
  StepList listing = collector.Finish();
  if (options.only.empty()) return listing;
  for (Step& step : listing.steps) {
    step.is_wanted = std::ranges::any_of(
        options.only, [&step](const auto& path) { return IsAtOrBelow(step.path, path); });
  }
  return listing;
}

}  // namespace agentbox::review
