// The whole of what `create` will do, as a value: made of config.json, the policy and facts of the
// host by code that makes no system call, printed by `agentbox plan`, applied by launch/ and init/.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "plan/cgroups.h"
#include "plan/devices.h"
#include "plan/hooks.h"
#include "plan/host_facts.h"
#include "plan/ids.h"
#include "plan/masked_paths.h"
#include "plan/mounts.h"
#include "plan/namespaces.h"
#include "plan/process.h"
#include "plan/resctrl.h"
#include "plan/rootfs.h"
#include "plan/scratch.h"
#include "plan/seccomp.h"
#include "plan/sysctl.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::plan {

// linux.netDevices: an interface of the host that moves into the container.
struct NetDeviceStep {
  std::string origin;  // "linux.netDevices.eth1"
  std::string host_name;
  std::string name;  // in the container
};

// Where layers that are kept for review are: beside the scratch directories.
struct ReviewPlan {
  std::string base;  // the directory above all reviews: "/var/lib/agentbox"
  std::string name;  // as wanted; one that is taken gets a number
  // What the layers are in: kTmpfs where they could be limited by nothing that outlives the
  // sandbox.
  LayerPlace place = LayerPlace::kDirectory;
  std::uint64_t size_limit = 0;  // bytes; 0: none
  std::string limit_origin;      // "limits.disk"
};

// Sets what limits the layers: as PlanScratch, but that a tmpfs keeps nothing.
void LimitReview(const policy::Policy& policy, const LimitMeans& means, ReviewPlan& review);

struct SandboxPlan {
  std::string id;
  std::string bundle;  // absolute
  RootfsPlan rootfs;
  Scratch scratch;
  ReviewPlan review;
  IdsPlan ids;
  NamespacesPlan namespaces;
  CgroupPlan cgroup;
  std::optional<ResctrlPlan> resctrl;
  std::vector<MountStep> mounts;
  DevicesPlan devices;
  MaskedPathsPlan masked_paths;
  std::vector<SysctlStep> sysctl;
  std::string hostname;
  std::string domainname;
  std::vector<NetDeviceStep> net_devices;
  ProcessPlan process;
  SeccompPlan seccomp;
  HooksPlan hooks;
  std::map<std::string, std::string> annotations;
  std::string oci_version;
  std::uint32_t max_user_namespaces = 0;  // user.max_user_namespaces in the container
  // The covered file for which that is 0 (container/covered_files.h); empty: the policy says it.
  std::string no_user_namespaces_for;
  std::uint32_t max_net_namespaces = 0;  // user.max_net_namespaces in the container
  std::vector<std::string> warnings;     // asked for and not done
};

struct PlanRequest {
  std::string id;
  std::string bundle;             // absolute
  std::string scratch_directory;  // of this sandbox alone
  LimitMeans limit_means;         // of that directory
  ReviewPlan review;
  CgroupRequest cgroup;
};

Result<SandboxPlan> MakePlan(const spec::Config& config,
                             const policy::Policy& policy,
                             const HostFacts& facts,
                             const PlanRequest& request);

// kInvalidSpec for a user or group of `process` that the container's maps do not have. Maps that
// are found only at create hold every id of a range of our own.
Result<void> CheckProcessIds(const ProcessPlan& process, const IdsPlan& ids);

// The state that a hook, or the process at a seccomp listener's socket, is told (runtime-spec,
// runtime.md#state). `pid` is as the hook sees it; 0: not running.
std::string HookState(const SandboxPlan& plan, std::string_view status, pid_t pid);

// One line per step, each ending in its origin: what `agentbox plan` prints.
std::string ToString(const SandboxPlan& plan);

}  // namespace agentbox::plan
