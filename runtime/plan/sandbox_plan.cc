#include "plan/sandbox_plan.h"

#include <net/if.h>
#include <sched.h>

#include <algorithm>
#include <iterator>

#include "base/strings.h"
#include "spec/state.h"

namespace agentbox::plan {
namespace {

constexpr std::size_t kMaxHostname = 64;  // __NEW_UTS_LEN

Result<void> CheckUtsName(const std::string& name,
                          const std::string& origin,
                          const NamespacesPlan& namespaces) {
  if (name.empty()) return {};
  if ((namespaces.shared & CLONE_NEWUTS) != 0) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      origin + ": linux.namespaces has no uts namespace to set it in"));
  }
  if (name.size() > kMaxHostname) {
    return Fail(Error(ErrorKind::kInvalidSpec, origin + ": longer than 64 bytes"));
  }
  return {};
}

Result<void> CheckInterfaceName(const std::string& name, const std::string& origin) {
  if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == ".." ||
      name.find_first_of("/: \t\n") != std::string::npos) {
    return Fail(
        Error(ErrorKind::kInvalidSpec, origin + ": " + Quoted(name) + " is no interface name"));
  }
  return {};
}

Result<std::vector<NetDeviceStep>> PlanNetDevices(const spec::Linux& linux_part,
                                                  const NamespacesPlan& namespaces) {
  std::vector<NetDeviceStep> steps;
  for (const auto& [host_name, device] : linux_part.net_devices) {
    const std::string origin = "linux.netDevices." + host_name;
    if ((namespaces.shared & CLONE_NEWNET) != 0) {
      return Fail(Error(ErrorKind::kInvalidSpec,
                        origin + ": linux.namespaces has no network namespace to move it to"));
    }
    NetDeviceStep step = {origin, host_name, device.name.empty() ? host_name : device.name};
    TRY(CheckInterfaceName(step.host_name, origin));
    TRY(CheckInterfaceName(step.name, origin + ".name"));
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<void> CheckHostHas(const spec::Config& config, const HostFacts& facts) {
  const spec::Linux linux_part = config.linux_.value_or(spec::Linux());
  if (!linux_part.mount_label.empty() && !facts.has_selinux) {
    return Fail(
        Error(ErrorKind::kUnsupported, "linux.mountLabel: SELinux is not enabled on this host"));
  }
  return {};
}

// An id that is not mapped would fail only at the exec's setresuid(2), with a bare EINVAL.
Result<void> CheckIsMapped(std::uint32_t id,
                           const std::vector<abi::IdMapping>& map,
                           const std::string& origin) {
  const bool is_mapped = std::ranges::any_of(map, [id](const abi::IdMapping& line) {
    return id >= line.container && id - line.container < line.count;
  });
  if (is_mapped || map.empty()) return {};
  return Fail(Error(
      ErrorKind::kInvalidSpec,
      origin + ": " + std::to_string(id) + " is not mapped in the container's user namespace"));
}

}  // namespace

Result<void> CheckProcessIds(const ProcessPlan& process, const IdsPlan& ids) {
  const abi::IdMaps maps = ids.source == IdSource::kAllocated ? MapsOnRange(ids, 0) : ids.maps;
  TRY(CheckIsMapped(process.uid, maps.uids, process.origin + ".user.uid"));
  TRY(CheckIsMapped(process.gid, maps.gids, process.origin + ".user.gid"));
  for (const std::uint32_t gid : process.additional_gids) {
    TRY(CheckIsMapped(gid, maps.gids, process.origin + ".user.additionalGids"));
  }
  return {};
}

void LimitReview(const policy::Policy& policy, const LimitMeans& means, ReviewPlan& review) {
  const std::uint64_t limit = policy.disk_limit.value_or(0);
  const bool is_unlimited = policy.disk_limit && limit == 0;
  if (is_unlimited || (limit == 0 && !means.has_project_quota)) return;
  review.limit_origin = OriginOfDiskLimit(policy);
  review.size_limit = policy.disk_limit.value_or(policy::kDefaultDiskLimit);
  review.place = LayerPlace::kTmpfs;
  if (means.has_images) review.place = LayerPlace::kImage;
  if (means.has_project_quota) review.place = LayerPlace::kQuota;
}

Result<SandboxPlan> MakePlan(const spec::Config& config,
                             const policy::Policy& policy,
                             const HostFacts& facts,
                             const PlanRequest& request) {
  const spec::Linux linux_part = config.linux_.value_or(spec::Linux());
  if (!config.process) {
    return Fail(Error(ErrorKind::kInvalidSpec, "process: missing, and nothing would be run"));
  }
  TRY(CheckHostHas(config, facts));

  SandboxPlan plan = {.id = request.id, .bundle = request.bundle};
  plan.oci_version = config.oci_version;
  plan.annotations = config.annotations;
  plan.scratch = TRY(PlanScratch(policy, request.limit_means, request.scratch_directory));
  plan.review = request.review;
  LimitReview(policy, request.limit_means, plan.review);
  plan.rootfs = TRY(PlanRootfs(config, policy, request.bundle, request.id));
  plan.ids = TRY(PlanIds(config, facts));
  plan.namespaces = TRY(PlanNamespaces(config, policy));
  plan.cgroup = TRY(PlanCgroup(config, policy, facts, request.cgroup, request.id));
  plan.resctrl = TRY(PlanResctrl(config, facts, request.id));
  plan.mounts = TRY(PlanMounts(config, policy, facts, request.bundle));
  plan.devices = TRY(PlanDevices(config, policy));
  plan.masked_paths = TRY(PlanMaskedPaths(config, policy));
  plan.sysctl = TRY(PlanSysctl(config, plan.namespaces));
  plan.net_devices = TRY(PlanNetDevices(linux_part, plan.namespaces));
  plan.process = TRY(PlanProcess(*config.process, config, facts, "process"));
  TRY(CheckProcessIds(plan.process, plan.ids));
  plan.seccomp = TRY(PlanSeccomp(config, policy));
  plan.hooks = TRY(PlanHooks(config.hooks));
  TRY(CheckUtsName(config.hostname, "hostname", plan.namespaces));
  TRY(CheckUtsName(config.domainname, "domainname", plan.namespaces));
  plan.hostname = config.hostname;
  plan.domainname = config.domainname;
  plan.max_user_namespaces = policy.max_user_namespaces;
  plan.max_net_namespaces = policy.max_net_namespaces;
  plan.warnings = plan.process.warnings;
  std::ranges::copy(plan.cgroup.resources.warnings, std::back_inserter(plan.warnings));
  return plan;
}

std::string HookState(const SandboxPlan& plan, std::string_view status, pid_t pid) {
  return spec::WriteState(spec::State{.oci_version = plan.oci_version,
                                      .id = plan.id,
                                      .status = std::string(status),
                                      .pid = pid,
                                      .bundle = plan.bundle,
                                      .annotations = plan.annotations});
}

}  // namespace agentbox::plan
