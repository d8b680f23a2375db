#include <algorithm>
#include <string>
#include <utility>

#include "container/host_view.h"

namespace agentbox::container {
namespace {

using plan::IsAtOrBelow;
using plan::MountStep;

bool IsBelowOneOf(const std::string& path, const std::vector<std::string>& directories) {
  return std::ranges::any_of(
      directories, [&path](const std::string& directory) { return IsAtOrBelow(path, directory); });
}

// The deepest mount that `path` is below; null: the root's.
MountStep* StepAbove(HostView& view, const std::string& path) {
  MountStep* found = nullptr;
  for (MountStep& step : view.mounts) {
    if (path != step.destination && IsAtOrBelow(path, step.destination)) found = &step;
  }
  return found;
}

// Whether do.hide takes away something above `path`, and no mount brings it back. A layer takes no
// two whiteouts of which one is below the other.
bool IsWithinHidden(const HostSurvey& survey, const std::string& path, const MountStep* step) {
  return std::ranges::any_of(survey.hidden, [&](const std::string& hidden) {
    if (path == hidden || !IsAtOrBelow(path, hidden)) return false;
    if (IsBelowOneOf(hidden, survey.shown)) return false;
    return step == nullptr || !IsAtOrBelow(step->destination, hidden);
  });
}

bool IsSeen(const HostSurvey& survey, const std::string& path, const MountStep* step) {
  const bool begins_empty = IsBelowOneOf(path, survey.temporary) && !IsAtOrBelow(path, survey.cwd);
  if (begins_empty || (step == nullptr && IsMadeAnew(path))) return false;
  if (step != nullptr && std::holds_alternative<plan::FilesystemMount>(step->what)) return false;
  return !IsWithinHidden(survey, path, step);
}

// Whether the root's own layer has it at a place that the mount `step` covers.
bool HasBeneath(const HostSurvey& survey,
                const std::string& path,
                const HostView& view,
                const MountStep* step) {
  if (step == nullptr || view.is_whole_tree || IsMadeAnew(path)) return false;
  return !IsBelowOneOf(path, survey.temporary) && !IsWithinHidden(survey, path, nullptr);
}

}  // namespace

const std::string* RuleDenying(const HostSurvey& survey, const std::string& path) {
  const auto found = std::ranges::find_if(
      survey.denied, [&path](const DeniedFile& file) { return IsAtOrBelow(path, file.path); });
  return found == survey.denied.end() ? nullptr : &found->rule;
}

void HideDenied(const HostSurvey& survey, HostView& view) {
  for (const DeniedFile& file : survey.denied) {
    MountStep* const step = StepAbove(view, file.path);
    if (!IsSeen(survey, file.path, step)) continue;
    plan::DeniedPath denied = {.origin = file.rule, .mount = "/"};
    if (step != nullptr) denied.mount = step->destination;
    denied.path = file.path.substr(denied.mount == "/" ? 1 : denied.mount.size() + 1);
    auto* const layer = step == nullptr ? nullptr : std::get_if<plan::ThrowawayMount>(&step->what);
    if (layer != nullptr) {
      layer->hidden.push_back(denied.path);
    } else if (step == nullptr && !view.is_whole_tree) {
      view.hidden.push_back(denied.path);
    }
    if (HasBeneath(survey, file.path, view, step)) {
      view.hidden_beneath.push_back(file.path.substr(1));
    }
    denied.is_covered = layer == nullptr && (step != nullptr || view.is_whole_tree);
    view.denied.push_back(std::move(denied));
  }
}

}  // namespace agentbox::container
