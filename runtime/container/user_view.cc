#include <sys/mount.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/strings.h"
#include "container/host_view.h"
#include "plan/mount_modes.h"

namespace agentbox::container {
namespace {

using plan::IsAtOrBelow;
using plan::MountStep;

class UserPlanner {
 public:
  UserPlanner(const HostSurvey& survey, policy::MountMode workspace)
      : survey_(survey), workspace_(workspace) {}

  HostView Plan() {
    view_.cwd = survey_.cwd;
    view_.is_whole_tree = true;
    view_.readonly = true;
    for (const std::string& path : survey_.temporary)
      AddTemporary(path);
    for (const std::string& path : survey_.own) {
      const bool has_own = IsReadonly() || IsReview();
      if (!HasLayer(path) || (has_own && path == survey_.cwd && !HasStep(path))) AddLayer(path);
    }
    AddWorkspace();
    ShowExceptions();
    std::ranges::stable_sort(view_.mounts, {}, &MountStep::destination);
    for (const std::string& path : survey_.hidden)
      Hide(path);
    HideDenied(survey_, view_);
    return std::move(view_);
  }

 private:
  bool IsReadonly() const { return workspace_ == policy::MountMode::kReadonly; }

  bool IsReview() const { return workspace_ == policy::MountMode::kReview; }

  // Of its own or of a directory above it.
  bool HasLayer(const std::string& path) const {
    return std::ranges::any_of(view_.mounts, [&path](const MountStep& step) {
      return std::holds_alternative<plan::ThrowawayMount>(step.what) &&
             IsAtOrBelow(path, step.destination);
    });
  }

  bool HasMountBelow(const std::string& path) const {
    return std::ranges::any_of(survey_.mounts, [&path](const HostMount& mount) {
      return mount.target != path && IsAtOrBelow(mount.target, path);
    });
  }

  bool IsBelowTemporary(const std::string& path) const {
    return std::ranges::any_of(survey_.temporary, [&path](const std::string& directory) {
      return path != directory && IsAtOrBelow(path, directory);
    });
  }

  void AddTemporary(const std::string& path) {
    if (path == survey_.cwd) return;
    MountStep step = {.origin = "temporary files", .destination = path};
    step.what = plan::FilesystemMount{.type = "tmpfs", .options = {{"mode", "1777"}}};
    step.attributes.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    view_.mounts.push_back(std::move(step));
  }

  void AddLayer(const std::string& path) {
    // The kernel takes no directory as a layer that other mounts are locked below.
    if (HasMountBelow(path)) {
      view_.notes.push_back(path + " can not be written to: something is mounted below it");
      return;
    }
    MountStep step = {.origin = path == survey_.cwd ? "working directory" : "home",
                      .destination = path};
    const bool is_kept = IsReview() && path == survey_.cwd;
    step.what = plan::ThrowawayMount{.source = path,
                                     .kept_as = is_kept ? plan::NextLayer(view_.mounts) : ""};
    step.attributes.set = MOUNT_ATTR_NODEV;
    if (IsReadonly() && path == survey_.cwd) step.attributes.set |= MOUNT_ATTR_RDONLY;
    view_.mounts.push_back(std::move(step));
  }

  // The working directory bound, where it is to be written through, or is not the user's own, of
  // which no layer can be made, and is covered by an empty directory.
  void AddWorkspace() {
    const std::string& cwd = survey_.cwd;
    const bool is_direct = workspace_ == policy::MountMode::kDirect;
    if (!is_direct && (HasStep(cwd) || !IsBelowTemporary(cwd))) return;
    std::erase_if(view_.mounts, [&cwd](const MountStep& step) { return step.destination == cwd; });
    MountStep step = {.origin = is_direct ? "--direct" : "working directory", .destination = cwd};
    step.what = plan::BindMount{.source = cwd, .recursive = HasMountBelow(cwd)};
    step.attributes.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    if (!is_direct) step.attributes.set |= MOUNT_ATTR_RDONLY;
    if (HasMountBelow(cwd)) {
      step.attributes_below.set = step.attributes.set | MOUNT_ATTR_RDONLY;
      if (is_direct) step.attributes.clear = MOUNT_ATTR_RDONLY;
    }
    view_.mounts.push_back(std::move(step));
  }

  bool HasStep(const std::string& path) const {
    return std::ranges::find(view_.mounts, path, &MountStep::destination) != view_.mounts.end();
  }

  // What is hidden around `path`, the outermost of it; null: nothing.
  const std::string* HiddenAbove(const std::string& path) const {
    const auto found = std::ranges::find_if(survey_.hidden, [&path](const std::string& hidden) {
      return path != hidden && IsAtOrBelow(path, hidden);
    });
    return found == survey_.hidden.end() ? nullptr : &*found;
  }

  // What is shown although what is around it is hidden: in the layer that hides that, where it has
  // a place.
  void ShowExceptions() {
    for (const std::string& path : survey_.shown) {
      const std::string* const hidden = HiddenAbove(path);
      if (const std::string* const rule = RuleDenying(survey_, path)) {
        view_.notes.push_back("not shown: " + path + ": it is denied (" + *rule + ")");
      } else if (hidden != nullptr && !HasStep(path)) {
        ShowWithin(*hidden, path);
      }
    }
  }

  void ShowWithin(const std::string& hidden, const std::string& path) {
    const MountStep* const around = StepAbove(hidden);
    const bool is_in_layer =
        around != nullptr && std::holds_alternative<plan::ThrowawayMount>(around->what);
    if (!is_in_layer && !IsAtOrBelow(hidden, "/run")) {
      view_.notes.push_back("not shown: " + path + ": without root, " + hidden +
                            " can only be hidden, or shown, as a whole");
      return;
    }
    MountStep step = {.origin = "do.show", .destination = path};
    // A symlink stays one: what it leads to is shown where it is, or is not, by its own path.
    step.what =
        plan::BindMount{.source = path, .recursive = HasMountBelow(path), .source_nofollow = true};
    step.destination_nofollow = true;
    step.attributes.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    step.attributes_below.set = step.attributes.set;
    view_.mounts.push_back(std::move(step));
  }

  // The deepest mount that `path` is below; null: the root's.
  MountStep* StepAbove(const std::string& path) {
    MountStep* deepest = nullptr;
    for (MountStep& step : view_.mounts) {
      const bool is_deeper =
          deepest == nullptr || IsAtOrBelow(step.destination, deepest->destination);
      if (path != step.destination && IsAtOrBelow(path, step.destination) && is_deeper)
        deepest = &step;
    }
    return deepest;
  }

  void Hide(const std::string& path) {
    if (!IsHidden(survey_, path) || IsAtOrBelow(path, "/run")) return;
    if (RuleDenying(survey_, path) != nullptr) return;
    MountStep* const deepest = StepAbove(path);
    auto* const layer =
        deepest == nullptr ? nullptr : std::get_if<plan::ThrowawayMount>(&deepest->what);
    if (layer != nullptr) {
      layer->hidden.push_back(path.substr(deepest->destination.size() + 1));
    } else {
      view_.masked.push_back({.origin = "do.hide", .path = path});
    }
  }

  const HostSurvey& survey_;
  policy::MountMode workspace_;
  HostView view_;
};

}  // namespace

Result<HostView> PlanUserView(const HostSurvey& survey, policy::MountMode workspace) {
  TRY(CheckWorkspace(survey, workspace));
  return UserPlanner(survey, workspace).Plan();
}

}  // namespace agentbox::container
