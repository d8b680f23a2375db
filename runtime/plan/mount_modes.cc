#include "plan/mount_modes.h"

#include <sys/mount.h>

#include <algorithm>
#include <variant>

#include "base/strings.h"
#include "policy/mount_rules.h"

namespace agentbox::plan {
namespace {

using policy::MountMode;

// What of a bind mount an overlay can not do.
std::string_view OptionWithoutLayer(const BindMount& bind) {
  if (bind.idmap) return "idmap";
  if (bind.copy_symlink) return "copy-symlink";
  if (bind.source_nofollow) return "src-nofollow";
  return {};
}

void MakeReadonly(MountStep& step) {
  step.attributes.set |= MOUNT_ATTR_RDONLY;
  step.attributes.clear &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
  step.attributes_below.set |= MOUNT_ATTR_RDONLY;
  step.attributes_below.clear &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
}

Result<void> LayOver(const std::string& kept_as, MountStep& step) {
  const auto& bind = std::get<BindMount>(step.what);
  const std::string_view option = OptionWithoutLayer(bind);
  if (!option.empty()) {
    return Fail(
        Error(ErrorKind::kUnsupported,
              "option " + Quoted(option) + " goes with the modes direct and readonly only"));
  }
  step.what = ThrowawayMount{.source = CleanPath(bind.source), .kept_as = kept_as};
  // Nothing is mounted below it, nor does an overlay share what will be.
  step.attributes_below = {};
  step.propagation = 0;
  return {};
}

}  // namespace

Result<void> ChooseMode(const policy::Policy& policy,
                        const std::vector<MountStep>& before,
                        MountStep& step) {
  const auto* const bind = std::get_if<BindMount>(&step.what);
  if (bind == nullptr) return {};
  const auto chosen = TRY(policy::ModeOf(policy, step.destination, CleanPath(bind->source)));
  if (!chosen) return {};
  step.mode_origin = chosen->origin;
  if (chosen->mode == MountMode::kDirect) return {};
  const bool is_readonly = (step.attributes.set & MOUNT_ATTR_RDONLY) != 0;
  if (chosen->mode == MountMode::kReadonly || is_readonly) {
    MakeReadonly(step);
    return {};
  }
  return LayOver(chosen->mode == MountMode::kReview ? NextLayer(before) : "", step);
}

Result<void> CheckAnnotatedMounts(const policy::Policy& policy,
                                  const std::vector<MountStep>& steps) {
  for (const auto& [destination, mode] : policy.mount_annotations) {
    const bool is_there = std::ranges::any_of(steps, [&](const MountStep& step) {
      return step.destination == destination && !step.mode_origin.empty();
    });
    if (is_there) continue;
    return Fail(Error(ErrorKind::kInvalidSpec,
                      "annotations.dev.agentbox.mount." + destination +
                          ": there is no bind mount with that destination"));
  }
  return {};
}

std::size_t CountKept(const std::vector<MountStep>& steps) {
  return static_cast<std::size_t>(std::ranges::count_if(steps, [](const MountStep& step) {
    const auto* const layer = std::get_if<ThrowawayMount>(&step.what);
    return layer != nullptr && !layer->kept_as.empty();
  }));
}

std::string NextLayer(const std::vector<MountStep>& steps) {
  return "mount-" + std::to_string(CountKept(steps));
}

}  // namespace agentbox::plan
