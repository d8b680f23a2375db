#include "plan/rootfs.h"

#include "base/printable.h"
#include "base/strings.h"
#include "plan/mount_options.h"
#include "plan/mounts.h"

namespace agentbox::plan {
namespace {

// Whether this is a step of a build by buildah, which `podman build` is, too: the container is
// named after its bundle, "buildah-buildah123" in .../buildah123. Neither name comes from an image.
bool IsBuild(const std::string& bundle, const std::string& id) {
  const std::string name = bundle.substr(bundle.rfind('/') + 1);
  return name.starts_with("buildah") && id == "buildah-" + name;
}

}  // namespace

Result<RootfsPlan> PlanRootfs(const spec::Config& config,
                              const policy::Policy& policy,
                              const std::string& bundle,
                              const std::string& id) {
  if (!config.root || config.root->path.empty()) {
    return Fail(Error(ErrorKind::kInvalidSpec, "root.path: expected a path"));
  }
  RootfsPlan plan = {.origin = "root",
                     .path = config.root->path,
                     .mode = policy.rootfs,
                     .is_build = IsBuild(bundle, id),
                     .readonly = config.root->readonly};
  // The step is there for what it writes, and the engine would save an unchanged image.
  if (plan.is_build) plan.mode = policy::RootfsMode::kEngine;
  if (plan.mode == policy::RootfsMode::kEngine && !plan.is_build && !policy.template_name.empty()) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      "template " + Quoted(policy.template_name) +
                          ": with rootfs \"engine\" the engine's layers are all there is"));
  }
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
  if (plan.is_build) text += " (a build keeps what it writes)";
  if (plan.is_whole_tree) text += " with all mounts below it";
  if (plan.readonly) text += " ro";
  for (const TemplateLayer& layer : plan.templates)
    text += ", template " + layer.name;
  if (plan.propagation != 0) text += ' ' + std::string(PropagationName(plan.propagation));
  if (!plan.hidden.empty()) text += ", without " + Join(plan.hidden, " ");
  for (const StandIn& stand_in : plan.stand_ins)
    text += ", with another " + stand_in.path;
  if (!plan.emptied.empty()) text += ", with empty " + Join(plan.emptied, " ");
  return Printable(text);
}

}  // namespace agentbox::plan
