// The whole of what `create` will do, as a value: made of config.json, the policy and facts of the
// host by code that makes no system call, printed by `agentbox plan`, applied by launch/ and init/.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "plan/cgroups.h"
#include "plan/devices.h"
#include "plan/host_facts.h"
#include "plan/ids.h"
#include "plan/masked_paths.h"
#include "plan/mounts.h"
#include "plan/namespaces.h"
#include "plan/process.h"
#include "plan/rootfs.h"
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

struct HookStep {
  std::string origin;  // "hooks.createRuntime[0]"
  std::string path;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::int64_t timeout = 0;  // seconds; 0: none
};

struct HooksPlan {
  std::vector<HookStep> prestart;
  std::vector<HookStep> create_runtime;
  std::vector<HookStep> create_container;
  std::vector<HookStep> start_container;
  std::vector<HookStep> poststart;
  std::vector<HookStep> poststop;
};

struct SandboxPlan {
  std::string id;
  std::string bundle;  // absolute
  RootfsPlan rootfs;
  Scratch scratch;
  IdsPlan ids;
  NamespacesPlan namespaces;
  CgroupPlan cgroup;
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
  std::vector<std::string> warnings;  // asked for and not done
};

struct PlanRequest {
  std::string id;
  std::string bundle;             // absolute
  std::string scratch_directory;  // of this sandbox alone
  CgroupRequest cgroup;
};

Result<SandboxPlan> MakePlan(const spec::Config& config,
                             const policy::Policy& policy,
                             const HostFacts& facts,
                             const PlanRequest& request);

// One line per step, each ending in its origin: what `agentbox plan` prints.
std::string ToString(const SandboxPlan& plan);

}  // namespace agentbox::plan
