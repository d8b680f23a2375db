#include "container/covered_files.h"

#include <linux/capability.h>
#include <sys/mount.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "kernel/mount_table.h"
#include "kernel/path.h"
#include "plan/mounts.h"

namespace agentbox::container {
namespace {

constexpr const char* kLimit = "limits.userNamespaces";

Result<bool> HasMountBelow(const std::string& source) {
  const std::string path = TRY(kernel::RealPath(source));
  const std::vector<kernel::MountEntry> mounts = TRY(kernel::ReadMountTable());
  return std::ranges::any_of(mounts, [&path](const kernel::MountEntry& mount) {
    return mount.target != path && plan::IsAtOrBelow(mount.target, path);
  });
}

// Whether something that the step shows can be written to: "ro" is about the mount itself, "rro"
// about those below it, too.
Result<bool> IsWritable(const plan::MountStep& step) {
  const auto* const bind = std::get_if<plan::BindMount>(&step.what);
  if (bind == nullptr) return false;
  if ((step.attributes_below.set & MOUNT_ATTR_RDONLY) != 0) return false;
  const std::uint64_t set = step.attributes.set & ~step.attributes.clear;
  if ((set & MOUNT_ATTR_RDONLY) == 0) return true;
  return bind->recursive ? HasMountBelow(bind->source) : Result<bool>(false);
}

// Null: none.
Result<const plan::DeniedPath*> CoveredWhereItCanBeMoved(const plan::SandboxPlan& plan) {
  for (const plan::DeniedPath& denied : plan.masked_paths.denied) {
    // What is mounted by itself is no name in a directory that is shown.
    if (!denied.is_covered || denied.path.empty()) continue;
    // Of several at one place the last is seen.
    const auto step = std::ranges::find(
        plan.mounts.rbegin(), plan.mounts.rend(), denied.mount, &plan::MountStep::destination);
    if (step != plan.mounts.rend() && TRY(IsWritable(*step))) return &denied;
  }
  return nullptr;
}

bool IsOfThePolicyItself(const policy::Policy& policy) {
  const auto origin = policy.origins.find(kLimit);
  return origin != policy.origins.end() && origin->second != "built-in" &&
         !origin->second.starts_with("profile ");
}

}  // namespace

Result<void> KeepCovers(const policy::Policy& policy, plan::SandboxPlan& plan) {
  const plan::DeniedPath* const denied = TRY(CoveredWhereItCanBeMoved(plan));
  if (denied == nullptr) return {};
  constexpr std::uint64_t kMayMount = 1ULL << CAP_SYS_ADMIN;
  if ((plan.process.capabilities.bounding & kMayMount) != 0) {
    plan.warnings.push_back(PathOf(*denied) + " is denied (" + denied->origin +
                            "), but who has CAP_SYS_ADMIN can take it out from under its cover");
  }
  if (plan.max_user_namespaces == 0 || IsOfThePolicyItself(policy)) return {};
  plan.max_user_namespaces = 0;
  plan.no_user_namespaces_for = PathOf(*denied);
  return {};
}

}  // namespace agentbox::container
