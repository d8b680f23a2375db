#include "cgroups/resctrl.h"

#include <fcntl.h>

#include <cerrno>

#include "base/strings.h"
#include "kernel/file.h"

namespace agentbox::cgroups {
namespace {

constexpr mode_t kMode = 0755;

// The kernel tells in a file of its own what it did not like.
Error Explained(Error error, const std::string& group) {
  const std::string root = group.substr(0, group.rfind('/'));
  const auto status = kernel::ReadFile(AT_FDCWD, root + "/info/last_cmd_status");
  if (!status || Trimmed(*status) == "ok") return error;
  return std::move(error).Within("resctrl: " + std::string(Trimmed(*status)));
}

Result<void> WriteSchemata(const std::string& group, const std::vector<std::string>& schemata) {
  for (const std::string& line : schemata) {
    auto written = kernel::WriteFile(AT_FDCWD, group + "/schemata", line + "\n");
    if (!written) return Fail(Explained(std::move(written).error(), group).Within(Quoted(line)));
  }
  return {};
}

Result<void> CheckSchemata(const std::string& group, const std::vector<std::string>& schemata) {
  if (schemata.empty()) return {};
  const std::string current = TRY(kernel::ReadFile(AT_FDCWD, group + "/schemata"));
  for (const std::string& line : schemata) {
    if (plan::IsSchemaIn(line, current)) continue;
    return Fail(
        Error(ErrorKind::kInvalidSpec, Quoted(line) + " is not what the group " + group + " has"));
  }
  return {};
}

Result<void> MakeGroup(const ResctrlLocation& location, const plan::ResctrlPlan& plan) {
  if (!plan.is_own) {
    const bool is_there = TRY(kernel::Exists(AT_FDCWD, location.group));
    if (is_there) return CheckSchemata(location.group, plan.schemata);
    if (plan.schemata.empty()) {
      return Fail(
          Error(ErrorKind::kInvalidSpec,
                "closID: there is no group " + location.group + ", and no schemata for it"));
    }
  }
  auto made = kernel::MakeDirectory(AT_FDCWD, location.group, kMode);
  if (!made) return Fail(Explained(std::move(made).error(), location.group));
  return WriteSchemata(location.group, plan.schemata);
}

Result<void> RemoveGroup(const std::string& directory) {
  auto removed = kernel::RemoveDirectory(AT_FDCWD, directory);
  if (!removed && removed.error().Errno() == ENOENT) return {};
  return removed;
}

}  // namespace

ResctrlLocation LocateResctrl(const plan::ResctrlPlan& plan,
                              const std::string& id,
                              const std::string& root) {
  ResctrlLocation location = {.group = root + "/" + plan.group, .is_own = plan.is_own};
  if (plan.has_monitor) location.monitor = location.group + "/mon_groups/" + id;
  return location;
}

Result<void> CheckResctrlUnused(const ResctrlLocation& location) {
  const std::string& own = location.is_own ? location.group : location.monitor;
  if (own.empty() || !TRY(kernel::Exists(AT_FDCWD, own))) return {};
  return Fail(Error(ErrorKind::kAlreadyExists, "linux.intelRdt: " + own + " is there already"));
}

Result<void> MakeResctrl(const ResctrlLocation& location, const plan::ResctrlPlan& plan) {
  TRY_WITHIN(MakeGroup(location, plan), "linux.intelRdt");
  if (location.monitor.empty()) return {};
  TRY_WITHIN(kernel::MakeDirectory(AT_FDCWD, location.monitor, kMode),
             "linux.intelRdt.enableMonitoring");
  return {};
}

Result<void> JoinResctrl(const ResctrlLocation& location, pid_t pid) {
  for (const std::string& directory : {location.group, location.monitor}) {
    if (directory.empty()) continue;
    TRY_WITHIN(kernel::WriteFile(AT_FDCWD, directory + "/tasks", std::to_string(pid)),
               "linux.intelRdt");
  }
  return {};
}

Result<void> UpdateResctrl(const ResctrlLocation& location,
                           const std::vector<std::string>& schemata) {
  if (!location.is_own) {
    return Fail(Error(ErrorKind::kUnsupported,
                      "the container has no resctrl group of its own (linux.intelRdt)"));
  }
  return WriteSchemata(location.group, schemata);
}

Result<void> RemoveResctrl(const ResctrlLocation& location) {
  if (!location.monitor.empty()) TRY(RemoveGroup(location.monitor));
  if (!location.is_own) return {};
  return RemoveGroup(location.group);
}

}  // namespace agentbox::cgroups
