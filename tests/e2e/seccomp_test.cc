// What the kernel enforces, read back from live sandboxes, against the table that is printed; and
// filters that programs inside have of their own.
#include <linux/audit.h>
#include <linux/seccomp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include <boost/test/unit_test.hpp>

#include "support/bpf_evaluator.h"
#include "support/bundle.h"
#include "support/console_socket.h"
#include "support/live_filters.h"

namespace agentbox::test {
namespace {

using nlohmann::json;
using Program = std::vector<struct sock_filter>;
using Call = struct seccomp_data;

#if defined(__aarch64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kNative = AUDIT_ARCH_X86_64;
#endif

constexpr std::uint32_t kNewest = 469;

std::uint32_t Refusal(const std::string& name) {
  for (int number = 1; number < 200; ++number) {
    const char* const known = ::strerrorname_np(number);
    if (known != nullptr && name == known)
      return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number);
  }
  throw std::runtime_error("no errno " + name);
}

std::uint32_t AnswerOf(const Program& program, const Call& call) {
  const auto verdict = support::Evaluate(program, call);
  BOOST_REQUIRE(verdict.has_value());
  return verdict->answer;
}

bool Holds(const json& condition, const Call& call) {
  const std::uint64_t argument = call.args[condition.at("index").get<std::size_t>()];
  const std::uint64_t value = condition.at("value");
  const std::string op = condition.at("op");
  if (op == "SCMP_CMP_MASKED_EQ") return (argument & value) == condition.at("valueTwo");
  if (op == "SCMP_CMP_EQ") return argument == value;
  if (op == "SCMP_CMP_LE") return argument <= value;
  throw std::runtime_error("no rule of ours has " + op);
}

// By the rules as they are printed: the first whose conditions hold decides.
std::uint32_t Expected(const json& syscall, const Call& call) {
  if (syscall.at("kind") == "host") return SECCOMP_RET_ALLOW;
  if (syscall.at("kind") != "limited") return Refusal(syscall.at("errno"));
  for (const json& rule : syscall.at("rules")) {
    bool holds = true;
    for (const json& condition : rule.at("args"))
      holds &= Holds(condition, call);
    if (holds) {
      return rule.contains("errno") ? Refusal(rule.at("errno")) : std::uint32_t{SECCOMP_RET_ALLOW};
    }
  }
  throw std::runtime_error("no rule holds");
}

// Calls at the boundaries of every condition, with the other conditions of its rule fulfilled.
std::vector<Call> Boundaries(const json& syscall) {
  const Call plain = {.nr = syscall.at("number"), .arch = kNative};
  std::vector<Call> calls = {plain};
  for (const json& rule : syscall.value("rules", json::array())) {
    Call fulfilled = plain;
    const auto wanted = [](const json& condition) -> std::uint64_t {
      return condition.at("op") == "SCMP_CMP_MASKED_EQ" ? condition.at("valueTwo")
                                                        : condition.at("value");
    };
    for (const json& condition : rule.at("args"))
      fulfilled.args[condition.at("index").get<std::size_t>()] |= wanted(condition);
    calls.push_back(fulfilled);
    for (const json& condition : rule.at("args")) {
      const std::uint64_t value = wanted(condition);
      const std::array<std::uint64_t, 7> others = {value - 1,
                                                   value + 1,
                                                   value ^ 0x100000000,
                                                   value | 0xffff0000,
                                                   ~value,
                                                   0,
                                                   ~std::uint64_t{0}};
      for (const std::uint64_t other : others) {
        Call changed = fulfilled;
        changed.args[condition.at("index").get<std::size_t>()] = other;
        calls.push_back(changed);
      }
    }
  }
  return calls;
}

json Table(const std::string& profile) {
  const Outcome outcome = RunCommand({AgentboxPath(), "seccomp", "--profile", profile, "--json"});
  BOOST_REQUIRE(outcome.Succeeded());
  return json::parse(outcome.output);
}

// Reads a call's class from the filter: it allows all, some or none of the calls tried.
std::string ClassOf(const Program& program, const json& syscall) {
  bool allows = false;
  bool refuses = false;
  for (const Call& call : Boundaries(syscall)) {
    const std::uint32_t answer = AnswerOf(program, call);
    allows |= answer == SECCOMP_RET_ALLOW;
    refuses |= answer != SECCOMP_RET_ALLOW;
    BOOST_TEST(answer == Expected(syscall, call), syscall.at("name"));
  }
  if (allows) return refuses ? "C" : "U";
  return syscall.at("kind") == "sentry" ? "S" : "D";
}

// One filter, and what it says of every number there can be.
void CheckLiveFilter(const Program& program, const json& table) {
  std::map<std::string, unsigned> counts;
  std::map<std::uint32_t, std::string> known;
  for (const json& syscall : table.at("syscalls")) {
    known[syscall.at("number")] = syscall.at("name");
    ++counts[ClassOf(program, syscall)];
  }
  for (const char* letter : {"U", "C", "S", "D"})
    BOOST_TEST(counts[letter] == table.at("counts").at(letter).get<unsigned>(), letter);
  BOOST_TEST_MESSAGE(table.at("profile") << ": U " << counts["U"] << ", C " << counts["C"] << ", S "
                                         << counts["S"] << ", D " << counts["D"]);
  for (std::uint32_t number = 0; number < 2048; ++number) {
    if (known.contains(number)) continue;
    BOOST_TEST(AnswerOf(program, {.nr = static_cast<int>(number), .arch = kNative}) ==
               Refusal("ENOSYS"));
  }
  BOOST_TEST(known.rbegin()->first == kNewest);
  BOOST_TEST(AnswerOf(program, {.nr = 0x40000001, .arch = kNative}) == Refusal("ENOSYS"));
  BOOST_TEST(AnswerOf(program, {.nr = 1, .arch = AUDIT_ARCH_I386}) == Refusal("ENOSYS"));
}

struct Filtered : Box {
  // create or run, under this policy.
  Outcome Agentbox(const std::string& command, const json& policy) {
    const std::string file = bundle.Directory() + "/policy.json";
    WriteFile(file, policy.dump());
    bundle.WriteConfig();
    return RunCommand({AgentboxPath(),
                       "--root",
                       bundle.Root(),
                       "--policy",
                       file,
                       command,
                       "--bundle",
                       bundle.Path(),
                       bundle.Id()});
  }

  // A process that goes on, under a policy with this profile.
  void Launch(const std::string& profile) {
    bundle.Args({"/bin/sleep", "1000"});
    const Outcome created = Agentbox("create", {{"profile", profile}});
    BOOST_REQUIRE_MESSAGE(created.Succeeded(), created.errors);
    BOOST_REQUIRE(bundle.Start().Succeeded());
    BOOST_REQUIRE(Eventually([this] {
      return ReadFile("/proc/" + std::to_string(bundle.Pid()) + "/comm") == "sleep\n";
    }));
  }

  std::size_t FilterCount() {
    bundle.Args({"/bin/sleep", "1000"}).Launch();
    const std::size_t count = LiveFilters(bundle.Pid()).size();
    bundle.Delete();
    return count;
  }
};

BOOST_FIXTURE_TEST_SUITE(seccomp, Filtered)

BOOST_AUTO_TEST_CASE(what_the_kernel_enforces_is_what_the_table_says) {
  for (const char* profile : {"dev", "debug", "netns", "engine", "paranoid"}) {
    Launch(profile);
    const auto filters = LiveFilters(bundle.Pid());
    BOOST_REQUIRE(filters.size() == 1U);
    CheckLiveFilter(filters.front(), Table(profile));
    bundle.Delete();
  }
}

BOOST_AUTO_TEST_CASE(the_surface_of_the_default_profile_is_as_small_as_promised) {
  const json counts = Table("dev").at("counts");
  BOOST_TEST(counts.at("U").get<unsigned>() + counts.at("C").get<unsigned>() <= 210U);
  BOOST_TEST(counts.at("C").get<unsigned>() >= 15U);
  BOOST_TEST(counts.at("S").get<unsigned>() >= 20U);
}

BOOST_AUTO_TEST_CASE(exec_has_the_same_filter) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  BOOST_TEST(bundle.ExecOutputOf({"/bin/guest", "syscall", "425", "1", "0"}) == "ENOSYS");
  BOOST_TEST(bundle.ExecOutputOf({"/bin/grep", "Seccomp", "/proc/self/status"}) ==
             "Seccomp:\t2\nSeccomp_filters:\t1");
}

BOOST_AUTO_TEST_CASE(a_profile_of_somebodys_own_is_loaded_beside_ours_and_none_leaves_ours) {
  BOOST_TEST(FilterCount() == 1U);
  bundle.config["linux"]["seccomp"] = {
      {"defaultAction", "SCMP_ACT_ALLOW"},
      {"syscalls", {{{"names", {"chmod"}}, {"action", "SCMP_ACT_ERRNO"}}}}};
  BOOST_TEST(FilterCount() == 2U);
}

BOOST_AUTO_TEST_CASE(programs_may_install_filters_of_their_own) {
  BOOST_TEST(bundle.OutputOf({"/bin/guest", "own-filter", "errno"}) == "ok\nENOTUNIQ");
  BOOST_TEST(bundle.OutputOf({"/bin/guest", "own-filter", "tsync"}) == "ok\nENOTUNIQ");
  BOOST_TEST(bundle.OutputOf({"/bin/guest", "own-filter", "log"}) == "ok\nok");
}

BOOST_AUTO_TEST_CASE(there_is_one_listener_and_a_second_is_refused_as_busy) {
  BOOST_TEST(bundle.OutputOf({"/bin/guest", "own-filter", "listener"}).starts_with("ok\n"));
  const ConsoleSocket socket(bundle.Directory() + "/listener");
  bundle.config["linux"]["seccomp"] = {
      {"defaultAction", "SCMP_ACT_ALLOW"},
      {"listenerPath", socket.Path()},
      {"syscalls", {{{"names", {"mkdir"}}, {"action", "SCMP_ACT_NOTIFY"}}}}};
  BOOST_TEST(bundle.OutputOf({"/bin/guest", "own-filter", "listener"}).starts_with("EBUSY\n"));
}

BOOST_AUTO_TEST_CASE(the_policy_opens_single_calls) {
  // mq_open(2) of a name that is at no address.
  bundle.Args({"/bin/guest", "syscall", "240", "0"});
  BOOST_TEST(Agentbox("run", json::object()).output == "ENOSYS\n");
  BOOST_TEST(Agentbox("run", {{"seccomp", {{"allow", {"mq_open"}}}}}).output == "EFAULT\n");
  CheckFails(Agentbox("run", {{"seccomp", {{"allow", {"mqopen"}}}}}),
             1,
             "seccomp.allow: \"mqopen\" is no system call");
}

BOOST_AUTO_TEST_CASE(a_call_is_explained) {
  const Outcome outcome = RunCommand({AgentboxPath(), "seccomp", "--explain", "io_uring_setup"});
  BOOST_TEST(outcome.output.starts_with("io_uring_setup(2): number 425 on x86-64"));
  CheckFails(RunCommand({AgentboxPath(), "seccomp", "--explain", "iouring_setup"}),
             1,
             "did you mean io_uring_setup?");
}

BOOST_AUTO_TEST_CASE(the_program_that_is_printed_is_the_one_that_is_loaded) {
  Launch("engine");
  const auto filters = LiveFilters(bundle.Pid());
  BOOST_REQUIRE(filters.size() == 1U);
  const Outcome outcome = RunCommand({AgentboxPath(), "seccomp", "--profile", "engine", "--bpf"});
  BOOST_REQUIRE(outcome.output.size() == filters[0].size() * sizeof(struct sock_filter));
  BOOST_TEST(std::memcmp(outcome.output.data(), filters[0].data(), outcome.output.size()) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
