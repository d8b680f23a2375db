// tests/golden: whole configs and the plans that are made of them.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "plan/sandbox_plan.h"
#include "policy/policy.h"
#include "spec/read_config.h"

namespace agentbox::plan {
namespace {

constexpr std::string_view kSuffix = ".config.json";

const std::filesystem::path& Directory() {
  static const std::filesystem::path directory = AGENTBOX_GOLDEN_DIRECTORY;
  return directory;
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(Directory())) {
    const std::string file = entry.path().filename();
    if (file.ends_with(kSuffix)) names.push_back(file.substr(0, file.size() - kSuffix.size()));
  }
  std::ranges::sort(names);
  return names;
}

// Empty for a file that is not there.
std::string ReadText(const std::filesystem::path& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

HostFacts FactsFor(const std::string& name) {
  HostFacts facts = {.architecture = "x86_64", .cgroup_mode = CgroupMode::kV2};
  facts.cgroup_controllers = {"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma"};
  facts.own_maps.uids = {{0, 0, 0xffffffff}};
  facts.own_maps.gids = facts.own_maps.uids;
  if (name.starts_with("hybrid-cgroup")) {
    facts.cgroup_mode = CgroupMode::kHybrid;
    facts.cgroup_controllers = {
        "cpuset", "cpu", "cpuacct", "memory", "devices", "freezer", "net_cls", "net_prio", "pids"};
  }
  if (name.starts_with("systemd-cgroup")) facts.has_systemd = true;
  if (name.starts_with("rootless")) {
    facts.euid = 1000;
    facts.egid = 1000;
    facts.in_initial_user_namespace = false;
    facts.own_maps.uids = {{1000, 1000, 1}, {100000, 100000, 65536}};
    facts.own_maps.gids = facts.own_maps.uids;
  }
  return facts;
}

Result<policy::Policy> PolicyFor(const std::string& name, const spec::Config& config) {
  const std::string file = name + ".policy.json";
  const std::string text = ReadText(Directory() / file);
  policy::Policy policy = policy::DefaultPolicy();
  if (!text.empty()) policy = TRY(policy::ReadPolicy(policy::DefaultPolicy(), text, file));
  return policy::ApplyAnnotations(policy, config.annotations);
}

Result<SandboxPlan> PlanOf(const std::string& name, const spec::Config& config) {
  const policy::Policy policy = TRY(PolicyFor(name, config));
  PlanRequest request = {
      .id = "c1", .bundle = "/bundle", .scratch_directory = "/var/lib/agentbox/c1"};
  request.cgroup.systemd_driver = name.starts_with("systemd-cgroup");
  return MakePlan(config, policy, FactsFor(name), request);
}

std::string TextOf(const std::string& name, const std::string& text) {
  const auto config = spec::ReadConfig(text);
  if (!config) return "error: " + config.error().ToString() + "\n";
  auto plan = PlanOf(name, *config);
  if (!plan) return "error: " + plan.error().ToString() + "\n";
  // Hundreds of lines, the same in every plan: once is enough.
  if (name != "minimal") {
    for (SeccompFilter& filter : plan->seccomp.filters) {
      if (filter.origin.starts_with("profile")) filter.rules.clear();
    }
  }
  return ToString(*plan);
}

BOOST_AUTO_TEST_SUITE(golden)

BOOST_AUTO_TEST_CASE(each_config_has_the_plan_that_was_reviewed) {
  const bool rewrites = std::getenv("AGENTBOX_REWRITE_GOLDEN") != nullptr;
  const auto names = Names();
  BOOST_REQUIRE(names.size() > 10U);
  for (const std::string& name : names) {
    const std::string plan = TextOf(name, ReadText(Directory() / (name + std::string(kSuffix))));
    const auto path = Directory() / (name + ".plan.txt");
    if (rewrites) {
      std::ofstream(path) << plan;
    } else {
      BOOST_TEST(plan == ReadText(path),
                 name << ": run tests/golden/rewrite and see git diff\n"
                      << plan);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_engines_write_is_read_without_unknown_keys) {
  for (const std::string& name : Names()) {
    const auto config = spec::ReadConfig(ReadText(Directory() / (name + std::string(kSuffix))));
    BOOST_TEST(config.has_value(), name << ": " << (config ? "" : config.error().ToString()));
    if (config) BOOST_TEST(config->unknown_keys.empty(), name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
