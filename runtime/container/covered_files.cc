#include "container/covered_files.h"

#include <linux/capability.h>
#include <sys/mount.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "plan/mounts.h"

namespace agentbox::container {
namespace {

constexpr const char* kLimit = "limits.userNamespaces";

bool IsWritable(const plan::MountStep& step) {
  const std::uint64_t set = step.attributes.set & ~step.attributes.clear;
  return std::holds_alternative<plan::BindMount>(step.what) && (set & MOUNT_ATTR_RDONLY) == 0;
}

// Null: none.
const plan::DeniedPath* CoveredWhereItCanBeMoved(const plan::SandboxPlan& plan) {
  const auto& all = plan.masked_paths.denied;
  const auto found = std::ranges::find_if(all, [&plan](const plan::DeniedPath& denied) {
    // What is mounted by itself is no name in a directory that is shown.
    if (!denied.is_covered || denied.path.empty()) return false;
    // Of several at one place the last is seen.
    const auto step = std::ranges::find(
        plan.mounts.rbegin(), plan.mounts.rend(), denied.mount, &plan::MountStep::destination);
    return step != plan.mounts.rend() && IsWritable(*step);
  });
  return found == all.end() ? nullptr : &*found;
}

bool IsOfThePolicyItself(const policy::Policy& policy) {
  const auto origin = policy.origins.find(kLimit);
  return origin != policy.origins.end() && origin->second != "built-in" &&
         !origin->second.starts_with("profile ");
}

}  // namespace

void KeepCovers(const policy::Policy& policy, plan::SandboxPlan& plan) {
  const plan::DeniedPath* const denied = CoveredWhereItCanBeMoved(plan);
  if (denied == nullptr) return;
  constexpr std::uint64_t kMayMount = 1ULL << CAP_SYS_ADMIN;
  if ((plan.process.capabilities.bounding & kMayMount) != 0) {
    plan.warnings.push_back(PathOf(*denied) + " is denied (" + denied->origin +
                            "), but who has CAP_SYS_ADMIN can take it out from under its cover");
  }
  if (plan.max_user_namespaces == 0 || IsOfThePolicyItself(policy)) return;
  plan.max_user_namespaces = 0;
  plan.no_user_namespaces_for = PathOf(*denied);
}

}  // namespace agentbox::container
