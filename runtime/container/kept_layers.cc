#include "container/kept_layers.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "apply/image.h"
#include "apply/lower.h"
#include "apply/throwaway.h"
#include "kernel/disk_limit.h"
#include "kernel/entry.h"
#include "kernel/path.h"
#include "launch/reentry.h"
#include "plan/mount_modes.h"
#include "review/identity.h"
#include "review/store.h"
#include "review/summary.h"

namespace agentbox::container {
namespace {

Result<review::ReviewedMount> MakeLayer(const plan::MountStep& step,
                                        const apply::Lower& lower,
                                        const UniqueFd& directory,
                                        const apply::SandboxIds& ids) {
  const auto& layer = std::get<plan::ThrowawayMount>(step.what);
  const UniqueFd own = TRY(kernel::MakeOwnDirectory(directory.Get(), layer.kept_as, S_IRWXU));
  review::Identity identity = TRY(review::IdentityOf(lower.directory.Get()));
  apply::Omitted omitted =
      TRY(apply::MakeLayer(lower.directory, own, {layer.hidden, layer.emptied, {}}, ids));
  return review::ReviewedMount{.destination = step.destination,
                               .source = lower.path,
                               .file = lower.file,
                               .directory = layer.kept_as,
                               .identity = std::move(identity),
                               .hidden = std::move(omitted.whiteouts),
                               .emptied = std::move(omitted.opaque)};
}

// Limits what the review's new directory holds; a mount of the image that the layers are to be in.
Result<UniqueFd> Limit(const plan::ReviewPlan& review, const UniqueFd& directory) {
  switch (review.place) {
    case plan::LayerPlace::kDirectory:
      return UniqueFd();
    case plan::LayerPlace::kQuota:
      TRY(kernel::LimitDirectory(directory, review.size_limit));
      return UniqueFd();
    case plan::LayerPlace::kImage:
      return apply::MakeImage(directory, review::kImageFile, review.size_limit);
    case plan::LayerPlace::kTmpfs:
      break;
  }
  return Fail(Error(ErrorKind::kUnsupported,
                    "layers that are kept for review can be limited by a project quota or an image "
                    "alone, and neither can be had here: throw them away, or set no limit"));
}

// A review of which something is to go, and what of it stays.
struct Surplus {
  review::Review review;
  std::vector<review::ReviewedMount> changed;
};

// Nothing where all of it is to be reviewed, or somebody else is at work on it.
Result<std::optional<Surplus>> FindSurplus(const std::string& base,
                                           const std::string& name,
                                           review::Access access) {
  auto opened = review::Open(base, name, access);
  if (!opened) {
    const ErrorKind kind = opened.error().Kind();
    if (kind == ErrorKind::kNotFound || kind == ErrorKind::kWrongState)
      return std::optional<Surplus>();
    return Fail(opened.error());
  }
  auto changed = review::ChangedMounts(*opened);
  if (changed.size() == opened->Contents().mounts.size()) return std::optional<Surplus>();
  return std::optional(Surplus{.review = *std::move(opened), .changed = std::move(changed)});
}

}  // namespace

Result<apply::KeptLayers> KeepLayers(const plan::SandboxPlan& plan,
                                     const apply::SandboxIds& ids,
                                     const std::string& state_root,
                                     StateFile& state) {
  if (plan::CountKept(plan.mounts) == 0) return apply::KeptLayers();
  review::Draft draft = TRY(review::Draft::Begin(plan.review.base, plan.review.name));
  const std::int64_t started = TRY(kernel::StampOfNow(draft.Directory().Get()));
  review::Record record = {.container = plan.id,
                           .state_root = state_root,
                           .command = plan.process.args,
                           .started = started,
                           .uses_user_xattrs = !ids.in_initial_user_namespace};
  if (ids.idmap_files) record.maps = ids.maps;
  UniqueFd image = TRY_WITHIN(Limit(plan.review, draft.Directory()), plan.review.limit_origin);
  record.is_in_image = static_cast<bool>(image);
  const UniqueFd& place = image ? image : draft.Directory();
  apply::KeptLayers kept;
  for (const plan::MountStep& step : plan.mounts) {
    const auto* const layer = std::get_if<plan::ThrowawayMount>(&step.what);
    if (layer == nullptr || layer->kept_as.empty()) continue;
    const std::string entry = step.origin + " (" + plan::ToString(step) + ")";
    apply::Lower lower = TRY_WITHIN(apply::OpenLower(layer->source), entry);
    record.mounts.push_back(TRY_WITHIN(MakeLayer(step, lower, place, ids), entry));
    kept.lowers.emplace(layer->kept_as, std::move(lower));
  }
  TRY(draft.Keep(std::move(record)));
  state.review_base = plan.review.base;
  state.review = draft.Name();
  kept.directory = review::PathOf(state.review_base, state.review);
  kept.image = std::move(image);
  return kept;
}

Result<void> DropUnchanged(const std::string& base, const std::string& name) {
  // Without root, files there may belong to subordinate ids.
  return launch::WithPrivilege([&]() -> Result<void> {
    // A look at a large layer takes long: what others do with the review meanwhile is not to fail.
    const auto seen = TRY(FindSurplus(base, name, review::Access::kLook));
    if (!seen) return {};
    auto surplus = TRY(FindSurplus(base, name, review::Access::kWrite));
    if (!surplus) return {};
    if (surplus->changed.empty()) return review::Remove(std::move(surplus->review));
    return surplus->review.KeepOnly(std::move(surplus->changed));
  });
}

}  // namespace agentbox::container
