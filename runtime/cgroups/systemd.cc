#include "cgroups/systemd.h"

#include <fcntl.h>

#include <cerrno>

#include "base/strings.h"
#include "cgroups/device_filter.h"
#include "cgroups/host_cgroups.h"
#include "cgroups/sd_bus.h"
#include "kernel/file.h"

namespace agentbox::cgroups {
namespace {

// The cgroup of the user's own manager: the one that the runtime is in, or where it usually is.
std::string UserManager(const plan::HostFacts& facts) {
  std::string path;
  for (const plan::CgroupHierarchy& hierarchy : facts.cgroup_hierarchies) {
    if (!hierarchy.controllers.empty()) continue;
    for (const std::string_view part : Split(hierarchy.own, '/')) {
      if (part.empty()) continue;
      path += "/" + std::string(part);
      if (part.starts_with("user@") && part.ends_with(".service")) return path;
    }
  }
  const std::string uid = std::to_string(facts.euid);
  return "/user.slice/user-" + uid + ".slice/user@" + uid + ".service";
}

// cgroup2's path of `pid`, below the root of our cgroup namespace.
Result<std::string> UnifiedPathOf(pid_t pid) {
  const std::string file = "/proc/" + std::to_string(pid) + "/cgroup";
  const std::string text = TRY(kernel::ReadFile(AT_FDCWD, file));
  for (const std::string_view line : Split(text, '\n')) {
    if (line.starts_with("0::")) return std::string(line.substr(3));
  }
  return Fail(Error(ErrorKind::kInternal, file + " has no line of cgroup2"));
}

}  // namespace

Result<std::string> SlicePath(const std::string& slice) {
  constexpr std::string_view kSuffix = ".slice";
  const auto invalid = [&slice] {
    return Fail(Error(ErrorKind::kInvalidSpec, "linux.cgroupsPath: no slice: " + Quoted(slice)));
  };
  if (slice == "-.slice") return std::string();
  if (!slice.ends_with(kSuffix) || slice.find('/') != std::string::npos) return invalid();
  std::string path;
  std::string prefix;
  for (const std::string_view part :
       Split(std::string_view(slice).substr(0, slice.size() - kSuffix.size()), '-')) {
    if (part.empty()) return invalid();
    prefix += (prefix.empty() ? "" : "-") + std::string(part);
    path += "/" + prefix + std::string(kSuffix);
  }
  return path;
}

Result<Location> LocateScope(const plan::CgroupPlan& plan, const plan::HostFacts& facts) {
  Location location = {.driver = plan.driver, .mode = facts.cgroup_mode};
  location.unit = plan.scope;
  location.user_bus = plan.user_bus;
  const std::string manager = plan.user_bus ? UserManager(facts) : "";
  const std::string slice = TRY(SlicePath(plan.slice));
  location.directories[""] = kRoot + manager + slice + "/" + plan.scope;
  return location;
}

Result<void> Systemd::Create(const plan::CgroupPlan& /*plan*/) {
  return {};
}

Result<UniqueFd> Systemd::CloneTarget() {
  auto target = V2::CloneTarget();
  if (!target && target.error().Errno() == ENOENT) return UniqueFd();
  return target;
}

Result<void> Systemd::Start(pid_t pid, const plan::CgroupPlan& plan) {
  SystemdManager manager = TRY(SystemdManager::Connect(Where().user_bus));
  TRY(manager.StartScope({.name = plan.scope,
                          .slice = plan.slice,
                          .pid = pid,
                          .properties = plan.resources.properties}));
  // What systemd made is where the process is now.
  Location location = Where();
  location.directories[""] = kRoot + TRY(UnifiedPathOf(pid));
  if (!location.directories[""].ends_with("/" + plan.scope)) {
    return Fail(
        Error(ErrorKind::kSystem, "systemd left the process in " + location.directories[""]));
  }
  Move(std::move(location));
  return V2::Update(plan.resources);
}

Result<void> Systemd::Adopt(pid_t pid, const plan::CgroupPlan& plan) {
  auto started = Start(pid, plan);
  if (started) return {};
  if (plan.is_optional) {
    Move(Location());
    return {};
  }
  return Fail(std::move(started).error().Within("cgroup (" + plan.origin + ")"));
}

Result<void> Systemd::Update(const plan::ResourcesPlan& resources) {
  SystemdManager manager = TRY(SystemdManager::Connect(Where().user_bus));
  TRY(manager.SetProperties(Where().unit, resources.properties));
  return V2::Update(resources);
}

Result<void> Systemd::Remove() {
  if (!Where().unit.empty()) {
    SystemdManager manager = TRY(SystemdManager::Connect(Where().user_bus));
    TRY(manager.Stop(Where().unit));
  }
  // What is left: systemd takes away its own directory, but not at once.
  return V2::Remove();
}

}  // namespace agentbox::cgroups
