#include "container/inputs.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "base/strings.h"
#include "container/covered_files.h"
#include "container/denied_volumes.h"
#include "container/held_directories.h"
#include "container/host_facts.h"
#include "container/limit_means.h"
#include "container/os_release.h"
#include "container/template_store.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "spec/read_config.h"

namespace agentbox::container {
namespace {

constexpr const char* kDefaultPolicyFile = "/etc/agentbox/policy.json";

Result<policy::Policy> PolicyOf(const PolicyFile& file) {
  policy::Policy policy = policy::DefaultPolicy();
  if (file.text.empty()) return policy;
  return policy::ReadPolicy(std::move(policy), file.text, file.name);
}

Result<policy::Policy> MakePolicy(const PolicyFile& file, const spec::Config& config) {
  return policy::ApplyAnnotations(TRY(PolicyOf(file)), config.annotations);
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

// By the table of users: what a cron job or a service leaves is where a shell looks for it. Empty
// where it is not theirs to write to, as those of many services.
std::string HomeOf(uid_t uid) {
  const struct passwd* const entry = ::getpwuid(uid);
  if (entry == nullptr || *entry->pw_dir != '/') return {};
  std::string home = entry->pw_dir;
  const auto directory = kernel::Open(AT_FDCWD, home, O_PATH | O_DIRECTORY);
  if (!directory) return {};
  const auto status = kernel::Stat(directory->Get());
  return status && status->st_uid == uid ? home : std::string();
}

std::string DefaultScratchBase(const plan::HostFacts& facts) {
  if (facts.in_initial_user_namespace && facts.euid == 0) return "/var/lib/agentbox";
  const char* const data = ::getenv("XDG_DATA_HOME");
  if (data != nullptr && *data == '/') return std::string(data) + "/agentbox";
  const char* const named = ::getenv("HOME");
  const std::string home = named != nullptr && *named == '/' ? named : HomeOf(facts.euid);
  if (!home.empty()) return home + "/.local/share/agentbox";
  return "/var/tmp/agentbox-" + std::to_string(facts.euid);
}

// Of an engine's 64 hexadecimal digits as many as engines print; of a name all that is not too
// long.
std::string ReviewName(const std::string& id) {
  constexpr std::size_t kShortId = 12;
  constexpr std::size_t kEngineId = 64;
  constexpr std::size_t kLongest = 40;
  const bool is_engines =
      id.size() == kEngineId && id.find_first_not_of("0123456789abcdef") == std::string::npos;
  const auto begin = id.find_first_not_of(".-");
  if (begin == std::string::npos) return "sandbox";
  return id.substr(begin, is_engines ? kShortId : kLongest);
}

// The programs of one system seldom run with the libraries of another, and no error of theirs would
// name the template.
void WarnOfOtherSystem(plan::SandboxPlan& plan) {
  const plan::TemplateLayer& layer = plan.rootfs.templates.front();
  if (layer.system.empty()) return;
  const std::string here = SystemOf(plan.rootfs.path);
  if (here == layer.system) return;
  plan.warnings.push_back("template " + Quoted(layer.name) + " was made on " + layer.system +
                          ", and lies on " + (here.empty() ? "another system" : here) +
                          " here: what is in it may not run");
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

Result<policy::Policy> ReadPolicy(const Runtime& runtime) {
  return PolicyOf(TRY(ReadPolicyFile(runtime)));
}

Result<Inputs> ReadInputs(const Runtime& runtime, const std::string& bundle) {
  Inputs inputs;
  inputs.bundle = TRY_WITHIN(kernel::RealPath(bundle), "bundle");
  inputs.config_text = TRY(kernel::ReadRegularFile(AT_FDCWD, inputs.bundle + "/config.json"));
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

std::string LayersDirectory(const policy::Policy& policy, const plan::HostFacts& facts) {
  return policy.scratch_directory.empty() ? DefaultScratchBase(facts) : policy.scratch_directory;
}

std::string ScratchDirectory(const Runtime& runtime,
                             const policy::Policy& policy,
                             const plan::HostFacts& facts,
                             const std::string& id) {
  return LayersDirectory(policy, facts) + "/" + id + "." + HashOf(runtime.root);
}

Result<plan::SandboxPlan> MakePlan(const Runtime& runtime,
                                   const std::string& id,
                                   const Inputs& inputs) {
  const std::string scratch = ScratchDirectory(runtime, inputs.policy, inputs.facts, id);
  plan::SandboxPlan plan = TRY(plan::MakePlan(
      inputs.config,
      inputs.policy,
      inputs.facts,
      {.id = id,
       .bundle = inputs.bundle,
       .scratch_directory = scratch,
       .limit_means = FindLimitMeans(inputs.policy, inputs.facts, scratch),
       .review = {.base = LayersDirectory(inputs.policy, inputs.facts), .name = ReviewName(id)},
       .cgroup = runtime.cgroup}));
  // A step of a build writes to the engine's layers, and starts from them alone.
  if (plan.rootfs.is_build || inputs.policy.template_name.empty()) return plan;
  const TemplateStore store(TemplateDirectory(runtime, inputs.policy, inputs.facts));
  plan.rootfs.templates = TRY(store.Layers(inputs.policy.template_name));
  WarnOfOtherSystem(plan);
  return plan;
}

Result<plan::SandboxPlan> MakeFullPlan(const Runtime& runtime,
                                       const std::string& id,
                                       const Inputs& inputs) {
  plan::SandboxPlan plan = TRY(MakePlan(runtime, id, inputs));
  TRY(DenyInVolumes(inputs.policy, plan));
  TRY(HoldDirectories(plan));
  TRY(KeepCovers(inputs.policy, plan));
  return plan;
}

}  // namespace agentbox::container
