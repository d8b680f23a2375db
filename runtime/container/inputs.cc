#include "container/inputs.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdlib>

#include "base/strings.h"
#include "container/host_facts.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "spec/read_config.h"

namespace agentbox::container {
namespace {

constexpr const char* kDefaultPolicyFile = "/etc/agentbox/policy.json";

Result<policy::Policy> MakePolicy(const PolicyFile& file, const spec::Config& config) {
  policy::Policy policy = policy::DefaultPolicy();
  if (!file.text.empty()) policy = TRY(policy::ReadPolicy(std::move(policy), file.text, file.name));
  return policy::ApplyAnnotations(std::move(policy), config.annotations);
}

// FNV-1a, to tell roots apart in a name; not a defence against anyone.
std::string HashOf(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string name;
  for (unsigned shift = 32; shift > 0; shift -= 4)
    name += kHex[(hash >> (shift - 4)) & 0xfU];
  return name;
}

std::string DefaultScratchBase(const plan::HostFacts& facts) {
  if (facts.in_initial_user_namespace && facts.euid == 0) return "/var/lib/agentbox";
  const char* const data = ::getenv("XDG_DATA_HOME");
  if (data != nullptr && *data == '/') return std::string(data) + "/agentbox";
  const char* const home = ::getenv("HOME");
  if (home != nullptr && *home == '/') return std::string(home) + "/.local/share/agentbox";
  return "/var/tmp/agentbox-" + std::to_string(facts.euid);
}

}  // namespace

Result<PolicyFile> ReadPolicyFile(const Runtime& runtime) {
  if (!runtime.policy_file.empty()) {
    std::string text = TRY_WITHIN(kernel::ReadFile(AT_FDCWD, runtime.policy_file), "--policy");
    return PolicyFile{std::move(text), runtime.policy_file};
  }
  auto text = kernel::ReadFile(AT_FDCWD, kDefaultPolicyFile);
  if (!text && text.error().Errno() == ENOENT) return PolicyFile{{}, kDefaultPolicyFile};
  return PolicyFile{TRY(std::move(text)), kDefaultPolicyFile};
}

Result<Inputs> ReadInputs(const Runtime& runtime, const std::string& bundle) {
  Inputs inputs;
  inputs.bundle = TRY_WITHIN(kernel::RealPath(bundle), "bundle");
  inputs.config_text = TRY(kernel::ReadFile(AT_FDCWD, inputs.bundle + "/config.json"));
  inputs.config = TRY_WITHIN(spec::ReadConfig(inputs.config_text), "config.json");
  const PolicyFile file = TRY(ReadPolicyFile(runtime));
  inputs.policy_text = file.text;
  inputs.policy = TRY(MakePolicy(file, inputs.config));
  inputs.facts = TRY(GatherHostFacts());
  return inputs;
}

Result<Inputs> ReadKeptInputs(const StateDirectory& directory) {
  Inputs inputs;
  inputs.config_text = TRY(kernel::ReadFile(directory.Get(), kKeptConfig));
  inputs.config = TRY_WITHIN(spec::ReadConfig(inputs.config_text), kKeptConfig);
  inputs.policy_text = TRY(kernel::ReadFile(directory.Get(), kKeptPolicy));
  inputs.policy = TRY(MakePolicy({inputs.policy_text, kKeptPolicy}, inputs.config));
  inputs.facts = TRY(GatherHostFacts());
  return inputs;
}

std::string ScratchDirectory(const Runtime& runtime,
                             const policy::Policy& policy,
                             const plan::HostFacts& facts,
                             const std::string& id) {
  const std::string base =
      policy.scratch_directory.empty() ? DefaultScratchBase(facts) : policy.scratch_directory;
  return base + "/" + id + "." + HashOf(runtime.root);
}

Result<plan::SandboxPlan> MakePlan(const Runtime& runtime,
                                   const std::string& id,
                                   const Inputs& inputs) {
  return plan::MakePlan(
      inputs.config,
      inputs.policy,
      inputs.facts,
      {.id = id,
       .bundle = inputs.bundle,
       .scratch_directory = ScratchDirectory(runtime, inputs.policy, inputs.facts, id),
       .cgroup = runtime.cgroup});
}

}  // namespace agentbox::container
