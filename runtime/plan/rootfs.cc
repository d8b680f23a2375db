#include "plan/rootfs.h"

#include "base/printable.h"
#include "base/strings.h"
#include "plan/mount_options.h"
#include "plan/mounts.h"

namespace agentbox::plan {

Result<RootfsPlan> PlanRootfs(const spec::Config& config,
                              const policy::Policy& policy,
                              const std::string& bundle) {
  if (!config.root || config.root->path.empty()) {
    return Fail(Error(ErrorKind::kInvalidSpec, "root.path: expected a path"));
  }
  RootfsPlan plan = {.origin = "root",
                     .path = config.root->path,
                     .mode = policy.rootfs,
                     .readonly = config.root->readonly};
  if (!plan.path.starts_with('/')) {
    plan.path = CleanPath(bundle + "/" + plan.path);
    // Of a path of the bundle's own, symlinks are not to lead out (CVE-2024-21626's neighbours: a
    // bundle that was unpacked from an archive). An absolute one is where the engine says.
    if (IsAtOrBelow(plan.path, bundle)) plan.bundle = bundle;
  }

  if (!config.linux_ || config.linux_->rootfs_propagation.empty()) return plan;
  const std::string& name = config.linux_->rootfs_propagation;
  const auto propagation = ParsePropagation(name);
  if (!propagation) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      "linux.rootfsPropagation: " + Quoted(name) +
                          " is not one of shared, slave, private, unbindable"));
  }
  plan.propagation = *propagation;
  return plan;
}

std::string ToString(const RootfsPlan& plan) {
  std::string text = plan.path + ": " + std::string(policy::Name(plan.mode));
  if (plan.is_whole_tree) text += " with all mounts below it";
  if (plan.readonly) text += " ro";
  if (!plan.hidden.empty()) text += ", without " + Join(plan.hidden, " ");
  if (!plan.emptied.empty()) text += ", with empty " + Join(plan.emptied, " ");
  return Printable(text);
}

}  // namespace agentbox::plan
