#include "plan/masked_paths.h"

#include <algorithm>

#include "base/strings.h"
#include "plan/mounts.h"

namespace agentbox::plan {
namespace {

Result<void> Add(std::vector<MaskedPath>& list, const std::string& path, std::string origin) {
  MaskedPath masked = {.origin = std::move(origin), .path = CleanPath(path)};
  if (!path.starts_with('/') || masked.path == "/") {
    return Fail(
        Error(ErrorKind::kInvalidSpec,
              masked.origin + ": " + Quoted(path) + " is not an absolute path below \"/\""));
  }
  if (std::ranges::find(list, masked.path, &MaskedPath::path) == list.end()) {
    list.push_back(std::move(masked));
  }
  return {};
}

Result<void> AddAll(std::vector<MaskedPath>& list,
                    const std::vector<std::string>& paths,
                    const std::string& origin) {
  for (const std::string& path : paths) {
    TRY(Add(list, path, origin + "[" + std::to_string(&path - paths.data()) + "]"));
  }
  return {};
}

}  // namespace

std::string PathOf(const DeniedPath& denied) {
  if (denied.path.empty()) return denied.mount;
  return (denied.mount == "/" ? "" : denied.mount) + "/" + denied.path;
}

Result<MaskedPathsPlan> PlanMaskedPaths(const spec::Config& config, const policy::Policy& policy) {
  MaskedPathsPlan plan;
  if (config.linux_) {
    TRY(AddAll(plan.masked, config.linux_->masked_paths, "linux.maskedPaths"));
    TRY(AddAll(plan.read_only, config.linux_->readonly_paths, "linux.readonlyPaths"));
  }
  for (const std::string& path : policy.masked_paths) {
    TRY(Add(plan.masked, path, "policy paths.masked"));
  }
  return plan;
}

}  // namespace agentbox::plan
