#include "review/steps.h"

#include <algorithm>
#include <climits>
#include <optional>
#include <unordered_map>
#include <utility>

#include "kernel/entry.h"
#include "kernel/inode.h"
#include "review/marks.h"
#include "review/paths.h"
#include "review/runs_later.h"

namespace agentbox::review {
namespace {

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
    if (change.path.size() >= PATH_MAX) {
      RefuseTooDeep(change);
      return {};
    }
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
    const std::string origin = TRY(OriginOf(change));
    if (!origin.empty()) {
      derived_.push_back(
          {.change = change, .facts = facts, .origin = origin, .step = listing_.steps.size()});
    }
    if (S_ISREG(change.real.st_mode)) handles_[real_handle_] = listing_.steps.size();
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
    for (Derived& derived : derived_) {
      const auto real = handles_.find(derived.origin);
      if (real == handles_.end()) {
        derived.facts.has_vanished = true;
        listing_.steps[derived.step].decision =
            Decide(derived.change, derived.facts, options_.rules);
      } else if (real->second && S_ISREG(derived.change.layer.st_mode)) {
        listing_.steps[*real->second].renamed_to.push_back(derived.step);
      }
    }
    return std::move(listing_);
  }

 private:
  // A change that adds what the layer has a copy of.
  struct Derived {
    Change change;
    Facts facts;
    std::string origin;
    std::size_t step = 0;
  };

  // One step for all that is below: the paths, of a depth that the layer's maker chooses, would
  // need memory that grows with its square.
  void RefuseTooDeep(const Change& change) {
    if (!too_deep_.empty() && IsBelow(change.path, too_deep_)) return;
    too_deep_ = change.path;
    Step step = {.path = change.path, .real = change.real, .layer = change.layer};
    step.decision = {.action = Action::kRefuse, .reason = Reason::kTooDeep};
    listing_.steps.push_back(std::move(step));
  }

  // Empty: nothing can be said.
  Result<std::string> OriginOf(const Change& change) const {
    if (IsThere(change.real) || !change.is_in_layer) return std::string();
    if (!S_ISREG(change.layer.st_mode) && !S_ISDIR(change.layer.st_mode)) return std::string();
    return ReadOrigin(change.layer_file, layer_.uses_user_xattrs);
  }

  Result<Facts> FactsOf(const Change& change) const {
    const TreePath path = {options_.source, change.path};
    Facts facts = {.runs_later = RunsLater(options_.run_later, path)};
    if (S_ISLNK(change.layer.st_mode) && LeadsToWhatRunsLater(options_.run_later, path)) {
      facts.runs_later = true;
    }
    const bool can_have = S_ISREG(change.layer.st_mode) || S_ISDIR(change.layer.st_mode);
    if (!can_have || !change.is_in_layer) return facts;
    const bool is_same_type = (change.layer.st_mode & S_IFMT) == (change.real.st_mode & S_IFMT);
    if (is_same_type && !change.xattrs) return facts;
    const Attributes layer = TRY(LayerAttributes(layer_, change.layer_file));
    Attributes real;
    if (is_same_type) real = TRY(TreeAttributes(change.real_file));
    facts.xattrs_to_set = OfUsers(layer, true) != OfUsers(real, true);
    facts.xattrs_to_drop = OfUsers(layer, false) != OfUsers(real, false);
    return facts;
  }

  const Layer& layer_;
  const MergeOptions& options_;
  StepList listing_;
  // Of what the real tree has; with the step that changes or removes it, the last one of several.
  std::unordered_map<std::string, std::optional<std::size_t>> handles_;
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
