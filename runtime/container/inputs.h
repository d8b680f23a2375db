// What planning starts from, gathered: config.json, the policy, facts of the host.
#pragma once

#include <string>

#include "base/error.h"
#include "container/container.h"
#include "plan/host_facts.h"
#include "plan/sandbox_plan.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::container {

struct Inputs {
  std::string bundle;       // absolute
  std::string config_text;  // of config.json, kept with the state for `exec`
  std::string policy_text;  // of the policy file; empty: there is none
  spec::Config config;
  policy::Policy policy;
  plan::HostFacts facts;
};

// kNotFound without a config.json; else as the readers of each.
Result<Inputs> ReadInputs(const Runtime& runtime, const std::string& bundle);

// The same from the copies that `create` left in the state directory.
Result<Inputs> ReadKeptInputs(const StateDirectory& directory);

Result<plan::SandboxPlan> MakePlan(const Runtime& runtime,
                                   const std::string& id,
                                   const Inputs& inputs);

// The same with what the policy denies of the volumes, which it looks for on the host: what
// `create` makes.
Result<plan::SandboxPlan> MakeFullPlan(const Runtime& runtime,
                                       const std::string& id,
                                       const Inputs& inputs);

// The policy that holds: --policy, /etc/agentbox/policy.json if it is there, or the built-in one.
struct PolicyFile {
  std::string text;  // empty: built-in
  std::string name;
};
Result<PolicyFile> ReadPolicyFile(const Runtime& runtime);
Result<policy::Policy> ReadPolicy(const Runtime& runtime);

// The directory above those of the sandboxes' layers, thrown away or kept.
std::string LayersDirectory(const policy::Policy& policy, const plan::HostFacts& facts);

// Where a sandbox's throwaway layers go: one name for each container of each root, found again
// after a crash without any record.
std::string ScratchDirectory(const Runtime& runtime,
                             const policy::Policy& policy,
                             const plan::HostFacts& facts,
                             const std::string& id);

// Names in the state directory.
constexpr const char* kKeptConfig = "config.json";
constexpr const char* kKeptPolicy = "policy.json";
constexpr const char* kStartSocket = "start.sock";

}  // namespace agentbox::container
