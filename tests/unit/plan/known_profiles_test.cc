// The defaults that engines sent, in the configs of tests/golden, and profiles that differ from
// them.
#include "plan/known_profiles.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "plan/seccomp.h"
#include "spec/read_config.h"

namespace agentbox::plan {
namespace {

spec::Config Golden(const std::string& name) {
  std::ifstream file(std::string(AGENTBOX_GOLDEN_DIRECTORY) + "/" + name + ".config.json");
  std::ostringstream text;
  text << file.rdbuf();
  auto config = spec::ReadConfig(text.str());
  BOOST_REQUIRE(config.has_value());
  return *std::move(config);
}

// What became of the config's profile, and how many filters are loaded.
std::string FateOf(const spec::Config& config, policy::Profile profile = policy::Profile::kDev) {
  const auto policy = policy::WithProfile(policy::DefaultPolicy(), profile, "test");
  const auto plan = PlanSeccomp(config, policy);
  BOOST_REQUIRE(plan.has_value());
  return std::to_string(plan->filters.size()) + ": " + plan->engine_profile;
}

spec::Seccomp& Profile(spec::Config& config) {
  return *config.linux_->seccomp;
}

void Remove(spec::Config& config, const std::string& syscall) {
  for (spec::SeccompRule& rule : Profile(config).syscalls)
    std::erase(rule.names, syscall);
}

void Add(spec::Config& config, const std::string& syscall, const std::string& action) {
  Profile(config).syscalls.push_back({{syscall}, action, {}, {}});
}

constexpr const char* kDocker = "1: the default of Docker and containerd: replaced by profile dev";

BOOST_AUTO_TEST_SUITE(known_profiles)

BOOST_AUTO_TEST_CASE(what_engines_send_by_default_is_replaced) {
  BOOST_TEST(FateOf(Golden("docker-20.10")) == kDocker);
  BOOST_TEST(FateOf(Golden("docker-20.10-options")) == kDocker);
  BOOST_TEST(FateOf(Golden("containerd-1.6-options")) == kDocker);
  BOOST_TEST(FateOf(Golden("podman-4.3")) == "1: the default of Podman: replaced by profile dev");
  BOOST_TEST(FateOf(Golden("docker-20.10"), policy::Profile::kEngine) ==
             "1: the default of Docker and containerd: replaced by profile engine");
  BOOST_TEST(FateOf(Golden("podman-4.3-options"), policy::Profile::kEngine) ==
             "1: the default of Podman: replaced by profile engine");
}

BOOST_AUTO_TEST_CASE(without_a_profile_ours_is_alone) {
  BOOST_TEST(FateOf(spec::Config()) == "1: ");
  BOOST_TEST(FateOf(Golden("docker-20.10-privileged")) == "1: ");
}

BOOST_AUTO_TEST_CASE(how_rules_are_grouped_and_repeated_does_not_matter) {
  spec::Config config = Golden("docker-20.10");
  std::ranges::reverse(Profile(config).syscalls);
  Add(config, "read", "SCMP_ACT_ALLOW");
  BOOST_TEST(FateOf(config) == kDocker);
}

// moby at 00f3d189e4 and moby/profiles at 190fa92cb2.
BOOST_AUTO_TEST_CASE(later_defaults_of_docker_are_known) {
  spec::Config config = Golden("docker-20.10");
  Remove(config, "socket");
  Profile(config).syscalls.push_back(
      {{"socket"}, "SCMP_ACT_ALLOW", {}, {{.index = 0, .value = 40, .op = "SCMP_CMP_NE"}}});
  for (const char* syscall : {"io_uring_enter", "io_uring_register", "io_uring_setup"})
    Remove(config, syscall);
  for (const char* syscall :
       {"cachestat", "statmount", "mseal", "process_vm_readv", "process_vm_writev", "keyctl"})
    Add(config, syscall, "SCMP_ACT_ALLOW");
  Profile(config).default_errno_ret = EPERM;
  BOOST_TEST(FateOf(config) == kDocker);
}

// A rule for socket(2) on one argument.
void AddSocket(spec::Config& config,
               unsigned index,
               const std::string& op,
               std::uint64_t value,
               const std::string& action = "SCMP_ACT_ALLOW") {
  Profile(config).syscalls.push_back(
      {{"socket"}, action, {}, {{.index = index, .value = value, .op = op}}});
}

// Podman at 0d27a18a60.
BOOST_AUTO_TEST_CASE(later_defaults_of_podman_are_known) {
  spec::Config config = Golden("podman-4.3");
  Remove(config, "socket");
  AddSocket(config, 0, "SCMP_CMP_EQ", 40, "SCMP_ACT_ERRNO");
  AddSocket(config, 0, "SCMP_CMP_NE", 40);
  for (const char* syscall : {"cachestat", "map_shadow_stack", "quotactl_fd"})
    Add(config, syscall, "SCMP_ACT_ERRNO");
  for (const char* syscall : {"fanotify_init", "fchmodat2", "futex_wait"})
    Add(config, syscall, "SCMP_ACT_ALLOW");
  for (const char* syscall : {"readdir", "sigaction", "timerfd"})
    Remove(config, syscall);
  BOOST_TEST(FateOf(config) == "1: the default of Podman: replaced by profile dev");
  Remove(config, "ptrace");
  Add(config, "ptrace", "SCMP_ACT_ERRNO");
  BOOST_TEST(FateOf(config).starts_with("2: enforced too: it has \"ptrace: EPERM\""));
}

BOOST_AUTO_TEST_CASE(a_profile_that_refuses_more_is_enforced) {
  spec::Config config = Golden("docker-20.10");
  Remove(config, "ptrace");
  BOOST_TEST(FateOf(config) ==
             "2: enforced too: it leaves out \"ptrace\" of the default of Docker and containerd");
  config = Golden("docker-20.10");
  Remove(config, "chmod");
  BOOST_TEST(FateOf(config) ==
             "2: enforced too: it leaves out \"chmod\" of the default of Docker and containerd");
  Remove(config, "socket");
  BOOST_TEST(FateOf(config) ==
             "2: enforced too: it leaves out \"chmod\" and 1 more of the default of Docker and "
             "containerd");
}

// Each line is some default's; all of them together are none's.
BOOST_AUTO_TEST_CASE(some_of_a_defaults_rules_for_sockets_are_another_profile) {
  spec::Config config = Golden("podman-4.3");
  Remove(config, "socket");
  AddSocket(config, 0, "SCMP_CMP_NE", 16);
  BOOST_TEST(FateOf(config) ==
             "2: enforced too: it has \"socket: ALLOW if arg0 != 16\", unlike the default of "
             "Podman");
  config = Golden("podman-4.3");
  Remove(config, "socket");
  AddSocket(config, 0, "SCMP_CMP_EQ", 40, "SCMP_ACT_ERRNO");
  BOOST_TEST(FateOf(config).starts_with("2: enforced too: it has \"socket: EPERM if arg0 == 40"));
  config = Golden("docker-20.10");
  Remove(config, "socket");
  AddSocket(config, 0, "SCMP_CMP_EQ", 39);
  BOOST_TEST(FateOf(config).starts_with("2: enforced too: it has \"socket: ALLOW if arg0 == 39"));
}

BOOST_AUTO_TEST_CASE(newer_calls_that_all_have_must_not_be_missing_where_ours_opens_them) {
  for (const char* golden : {"docker-20.10", "podman-4.3"}) {
    spec::Config config = Golden(golden);
    Remove(config, "openat2");
    BOOST_TEST(FateOf(config).starts_with("1: "), golden);
    BOOST_TEST(FateOf(config, policy::Profile::kEngine)
                   .starts_with("2: enforced too: it leaves out \"openat2\""),
               golden);
  }
}

// Defaults of Docker's that allow io_uring have not process_vm_*(2), the later ones have.
BOOST_AUTO_TEST_CASE(looking_into_processes_is_missing_where_its_time_had_it) {
  spec::Config config = Golden("docker-20.10");
  for (const char* syscall : {"io_uring_enter", "io_uring_register", "io_uring_setup"})
    Remove(config, syscall);
  BOOST_TEST(FateOf(config).starts_with("2: enforced too: it leaves out \"process_vm_readv\""));
  config = Golden("podman-4.3");
  Remove(config, "process_vm_writev");
  BOOST_TEST(FateOf(config).starts_with("2: enforced too: it leaves out \"process_vm_writev\""));
}

BOOST_AUTO_TEST_CASE(a_profile_that_answers_otherwise_is_enforced) {
  spec::Config config = Golden("docker-20.10");
  Add(config, "chmod", "SCMP_ACT_KILL_PROCESS");
  BOOST_TEST(FateOf(config) ==
             "2: enforced too: it has \"chmod: KILL_PROCESS\", unlike the default of Docker and "
             "containerd");
  BOOST_TEST(FateOf(Golden("everything")).starts_with("2: enforced too: it"));
  config = Golden("docker-20.10");
  Profile(config).flags = {"SECCOMP_FILTER_FLAG_LOG"};
  BOOST_TEST(FateOf(config) == "2: enforced too: it has flags, unlike any engine's default");
  config = Golden("docker-20.10");
  Profile(config).default_action = "SCMP_ACT_LOG";
  BOOST_TEST(FateOf(config) ==
             "2: enforced too: its default action is that of no engine's default");
}

BOOST_AUTO_TEST_CASE(rules_that_go_with_a_capability_are_known_with_it_alone) {
  spec::Config config = Golden("docker-20.10");
  Add(config, "mount", "SCMP_ACT_ALLOW");
  BOOST_TEST(FateOf(config) ==
             "2: enforced too: it has \"mount: ALLOW\", unlike the default of Docker and "
             "containerd");
  config = Golden("docker-20.10");
  config.process->capabilities->bounding.push_back("CAP_SYS_ADMIN");
  BOOST_TEST(FateOf(config).starts_with("2: enforced too: it has \"clone"));
  std::erase_if(Profile(config).syscalls, [](const spec::SeccompRule& rule) {
    return rule.names.front().starts_with("clone");
  });
  for (const char* syscall : {"clone", "clone3", "mount", "umount2", "unshare", "sethostname"})
    Add(config, syscall, "SCMP_ACT_ALLOW");
  BOOST_TEST(FateOf(config) == kDocker);
}

BOOST_AUTO_TEST_CASE(a_call_that_the_policy_opens_must_not_be_missing) {
  const spec::Config config = Golden("docker-20.10");
  policy::Policy policy = policy::DefaultPolicy();
  policy.allowed_syscalls = {"mq_open"};
  BOOST_TEST(PlanSeccomp(config, policy)->filters.size() == 1U);
  policy.allowed_syscalls = {"keyctl"};
  BOOST_TEST(PlanSeccomp(config, policy)->engine_profile ==
             "enforced too: it leaves out \"keyctl\" of the default of Docker and containerd");
}

BOOST_AUTO_TEST_CASE(cri_os_default_is_podmans_without_unshare) {
  spec::Config config = Golden("podman-4.3");
  Remove(config, "unshare");
  BOOST_TEST(FateOf(config) ==
             "2: enforced too: it leaves out \"unshare\" of the default of Podman");
  config.annotations["io.container.manager"] = "cri-o";
  BOOST_TEST(FateOf(config) == "1: the default of CRI-O: replaced by profile dev");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
