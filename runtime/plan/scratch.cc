#include "plan/scratch.h"

#include <algorithm>

#include "base/strings.h"

namespace agentbox::plan {
namespace {

// An ext4 can be had, and what the layers begin with fits.
constexpr std::uint64_t kLeastLimit = 4ULL << 20U;

// Of two limits that both hold, 0 being none.
std::uint64_t Lower(std::uint64_t one, std::uint64_t other) {
  if (one == 0 || other == 0) return std::max(one, other);
  return std::min(one, other);
}

}  // namespace

Result<Scratch> PlanScratch(const policy::Policy& policy,
                            const LimitMeans& means,
                            const std::string& directory) {
  Scratch scratch = {.origin = OriginOfDiskLimit(policy), .directory = directory};
  const std::uint64_t limit = policy.disk_limit.value_or(0);
  if (limit != 0 && limit < kLeastLimit) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      scratch.origin + ": " + SizeText(limit) + " is less than " +
                          SizeText(kLeastLimit) + ", which the layers' own directories need"));
  }
  if (policy.scratch == policy::ScratchKind::kTmpfs) {
    scratch.place = LayerPlace::kTmpfs;
    scratch.size_limit = Lower(policy.scratch_size, limit);
    return scratch;
  }
  if (policy.disk_limit && limit == 0) return scratch;
  if (means.has_project_quota) {
    scratch.place = LayerPlace::kQuota;
    scratch.size_limit = policy.disk_limit.value_or(policy::kDefaultDiskLimit);
    return scratch;
  }
  scratch.reason = "project quotas can not be had";
  if (!policy.disk_limit) return scratch;
  scratch.size_limit = limit;
  scratch.place = means.has_images ? LayerPlace::kImage : LayerPlace::kTmpfs;
  if (means.has_images) return scratch;
  scratch.size_limit = Lower(policy.scratch_size, limit);
  scratch.reason = "neither project quotas nor images can be had";
  return scratch;
}

std::string ToString(const Scratch& scratch) {
  const std::string size = SizeText(scratch.size_limit);
  std::string text = "throwaway layers ";
  switch (scratch.place) {
    case LayerPlace::kDirectory:
      text += "on disk, without a limit";
      break;
    case LayerPlace::kQuota:
      text += "on disk, " + size + " at most by a project quota";
      break;
    case LayerPlace::kImage:
      text += "on disk, in an image of " + size;
      break;
    case LayerPlace::kTmpfs:
      text += "in memory, in a tmpfs";
      if (scratch.size_limit != 0) text += " of " + size;
      break;
  }
  if (!scratch.reason.empty()) text += " (" + scratch.reason + ")";
  return text + "  [" + scratch.origin + "]";
}

std::string_view Name(LayerPlace place) {
  switch (place) {
    case LayerPlace::kDirectory:
      return "directory";
    case LayerPlace::kQuota:
      return "quota";
    case LayerPlace::kImage:
      return "image";
    case LayerPlace::kTmpfs:
      return "tmpfs";
  }
  return "";
}

std::string OriginOfDiskLimit(const policy::Policy& policy) {
  const auto origin = policy.origins.find("limits.disk");
  const bool is_option = origin != policy.origins.end() && origin->second == "--disk";
  return is_option ? "--disk" : "limits.disk";
}

}  // namespace agentbox::plan
