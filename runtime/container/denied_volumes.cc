#include "container/denied_volumes.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "apply/mount_aliases.h"
#include "base/strings.h"
#include "container/denied_files.h"
#include "container/invoker.h"
#include "kernel/file.h"
#include "kernel/mount_table.h"
#include "kernel/path.h"
#include "plan/mounts.h"
#include "policy/deny.h"

namespace agentbox::container {
namespace {

using plan::IsAtOrBelow;
using plan::MountStep;

// A host directory or file that a mount of the plan shows.
struct Volume {
  std::size_t step = 0;
  std::string source;  // canonical
};

std::vector<std::string> SourcesOf(const MountStep& step) {
  if (const auto* bind = std::get_if<plan::BindMount>(&step.what)) return {bind->source};
  if (const auto* layer = std::get_if<plan::ThrowawayMount>(&step.what)) return {layer->source};
  const auto* const overlay = std::get_if<plan::OverlayMount>(&step.what);
  if (overlay == nullptr) return {};
  std::vector<std::string> layers = overlay->lower;
  if (!overlay->upper.empty()) layers.push_back(overlay->upper);
  return layers;
}

// Those whose sources are there, files or directories, and not left alone by the policy.
Result<std::vector<Volume>> VolumesOf(const policy::Policy& policy,
                                      const std::vector<MountStep>& steps) {
  const policy::DenyRules rules =
      TRY_WITHIN(policy::DenyRules::Make(policy.denied_in_volumes, policy::DenyRoot::kWorkspace),
                 "deny.volumes");
  std::vector<Volume> volumes;
  for (const MountStep& step : steps) {
    for (const std::string& source : SourcesOf(step)) {
      const auto path = kernel::RealPath(source);
      if (!path) continue;
      const auto file = kernel::Open(AT_FDCWD, *path, O_PATH | O_NOFOLLOW);
      if (!file) continue;
      const struct stat status = TRY(kernel::Stat(file->Get()));
      const bool is_directory = S_ISDIR(status.st_mode);
      const bool is_file = is_directory || S_ISREG(status.st_mode);
      if (!is_file || rules.Denying(path->substr(1), is_directory) == nullptr) continue;
      volumes.push_back({static_cast<std::size_t>(&step - steps.data()), *path});
    }
  }
  return volumes;
}

// Another mount, made later, is what is seen at `path`.
bool IsCoveredByLater(const std::vector<MountStep>& steps,
                      std::size_t step,
                      const std::string& path) {
  return std::any_of(
      steps.begin() + static_cast<std::ptrdiff_t>(step) + 1,
      steps.end(),
      [&path](const MountStep& later) { return IsAtOrBelow(path, later.destination); });
}

Result<void> CheckIsLaunchers(const std::vector<MountStep>& steps, const MountStep& step) {
  for (const MountStep& other : steps) {
    if (!plan::IsMadeByInit(other) || !IsAtOrBelow(step.destination, other.destination)) continue;
    return Fail(Error(ErrorKind::kUnsupported,
                      step.origin +
                          ": files in it are denied (deny.files), which can not be hidden "
                          "below " +
                          other.destination));
  }
  return {};
}

Result<void> Deny(const DeniedFile& file, const Volume& volume, plan::SandboxPlan& plan) {
  MountStep& step = plan.mounts[volume.step];
  plan::DeniedPath denied = {.origin = file.rule, .mount = step.destination};
  if (IsAtOrBelow(volume.source, file.path)) {
    plan.warnings.push_back(step.origin + ": " + Quoted(volume.source) +
                            " is denied, and not shown (" + file.rule + ")");
  } else if (IsAtOrBelow(file.path, volume.source)) {
    denied.path = file.path.substr(volume.source == "/" ? 1 : volume.source.size() + 1);
  } else {
    return {};
  }
  if (IsCoveredByLater(plan.mounts, volume.step, PathOf(denied))) return {};
  TRY(CheckIsLaunchers(plan.mounts, step));
  auto* const layer = std::get_if<plan::ThrowawayMount>(&step.what);
  if (layer != nullptr && !denied.path.empty()) {
    layer->hidden.push_back(denied.path);
    denied.is_covered = false;
  }
  plan.masked_paths.denied.push_back(std::move(denied));
  return {};
}

}  // namespace

Result<void> DenyInVolumes(const policy::Policy& policy, plan::SandboxPlan& plan) {
  std::vector<Volume> volumes = TRY(VolumesOf(policy, plan.mounts));
  if (volumes.empty()) return {};
  const std::vector<kernel::MountEntry> mounts = TRY(kernel::ReadMountTable());
  std::erase_if(volumes, [&mounts](const Volume& volume) {
    const kernel::MountEntry* const mount = apply::MountOf(volume.source, mounts);
    return mount != nullptr && !HasData(*mount);
  });
  std::vector<std::string> submounts;
  for (const kernel::MountEntry& mount : mounts) {
    if (HasData(mount)) submounts.push_back(mount.target);
  }
  const Invoker invoker = TRY(FindInvoker());
  std::vector<std::string> sources;
  std::vector<WorkspacePlace> places;
  for (const Volume& volume : volumes) {
    sources.push_back(volume.source);
    places.push_back({volume.source, plan.mounts[volume.step].destination});
  }
  std::ranges::sort(sources);
  sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
  DeniedFiles denied = TRY(FindDenied({.policy = policy,
                                       .mounts = mounts,
                                       .homes = HomeDirectories(invoker),
                                       .workspaces = std::move(sources),
                                       .places = std::move(places),
                                       .submounts = std::move(submounts),
                                       .passed_over = {}}));
  for (const DeniedFile& file : denied.files) {
    for (const Volume& volume : volumes)
      TRY(Deny(file, volume, plan));
  }
  for (std::string& warning : denied.warnings)
    plan.warnings.push_back(std::move(warning));
  return {};
}

}  // namespace agentbox::container
