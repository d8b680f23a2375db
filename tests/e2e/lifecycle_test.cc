// The commands on one container, from create to delete (runtime-spec, runtime.md#lifecycle).
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"
#include "support/console_socket.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

// All processes below this one, zombies aside: what the runtime leaves becomes this one's child.
void AddDescendants(pid_t parent, std::vector<pid_t>& found) {
  const std::string id = std::to_string(parent);
  std::ifstream children("/proc/" + id + "/task/" + id + "/children");
  for (pid_t pid = 0; children >> pid;) {
    found.push_back(pid);
    AddDescendants(pid, found);
  }
}

std::vector<pid_t> Descendants() {
  ReapOrphans();
  std::vector<pid_t> found;
  AddDescendants(::getpid(), found);
  return found;
}

// Those of them whose program is agentbox: its file, or a copy of it in memory.
std::vector<pid_t> AgentboxProcesses() {
  std::vector<pid_t> found;
  for (const pid_t pid : Descendants()) {
    std::error_code error;
    const auto program =
        std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
    const std::string name = program.filename();  // "memfd:agentbox (deleted)"
    if (name.find("agentbox") != std::string::npos) found.push_back(pid);
  }
  return found;
}

// Of agentbox nothing is in memory but init after create, and nothing at all after start.
void CheckWhatStays(const Bundle& bundle) {
  using Pids = std::vector<pid_t>;
  BOOST_TEST(Descendants() == Pids());
  const Outcome created = bundle.Create();
  BOOST_REQUIRE_MESSAGE(created.Succeeded(), created.errors);
  BOOST_TEST(Descendants() == Pids({bundle.Pid()}));
  BOOST_TEST(AgentboxProcesses() == Pids({bundle.Pid()}));
  const Outcome started = bundle.Start();
  BOOST_REQUIRE_MESSAGE(started.Succeeded(), started.errors);
  BOOST_TEST(Descendants() == Pids({bundle.Pid()}));
  BOOST_TEST(AgentboxProcesses() == Pids());
}

BOOST_FIXTURE_TEST_SUITE(lifecycle, Box)

BOOST_AUTO_TEST_CASE(run_passes_output_and_the_exit_code_on) {
  const Outcome outcome = bundle.Run({"/bin/sh", "-c", "echo out; echo err >&2; exit 7"});
  BOOST_TEST(outcome.status == 7);
  BOOST_TEST(outcome.output == "out\n");
  BOOST_TEST(outcome.errors == "err\n");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(run_gives_128_and_the_signal_for_a_killed_process) {
  BOOST_TEST(bundle.Run({"/bin/guest", "die", "9"}).status == 128 + SIGKILL);
}

BOOST_AUTO_TEST_CASE(run_passes_input_on) {
  bundle.Args({"/bin/cat"});
  BOOST_TEST(bundle.Run({.input = "hello\n"}).output == "hello\n");
}

BOOST_AUTO_TEST_CASE(a_container_goes_from_created_to_running_to_stopped) {
  bundle.Args({"/bin/sleep", "1000"});
  const Outcome created = bundle.Create({"--pid-file", bundle.Directory() + "/pid"});
  BOOST_TEST(created.status == 0, created.errors);
  BOOST_TEST(bundle.Status() == "created");
  BOOST_TEST(ReadFile(bundle.Directory() + "/pid") == std::to_string(bundle.Pid()));
  BOOST_TEST(bundle.Start().status == 0);
  BOOST_TEST(bundle.Status() == "running");
  BOOST_TEST(bundle.Command("kill", {}, {"KILL"}).status == 0);
  BOOST_TEST(Eventually([this] { return bundle.Status() == "stopped"; }));
  BOOST_TEST(bundle.Command("delete").status == 0);
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(state_is_as_the_spec_says) {
  bundle.config["annotations"] = {{"org.example.key", "value"}};
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const json state = bundle.State();
  BOOST_TEST(state["ociVersion"].is_string());
  BOOST_TEST(state["id"] == bundle.Id());
  BOOST_TEST(state["status"] == "running");
  BOOST_TEST(state["bundle"] == bundle.Path());
  BOOST_TEST(state["rootfs"] == bundle.Rootfs());
  BOOST_TEST(state["annotations"]["org.example.key"] == "value");
  BOOST_TEST(state["pid"].get<int>() > 0);
}

BOOST_AUTO_TEST_CASE(only_init_stays_after_create_and_nothing_of_agentbox_after_start) {
  bundle.Args({"/bin/sleep", "1000"});
  CheckWhatStays(bundle);
  // The kernel closes our descriptors, by which `start` knows, a moment before it renames the
  // process.
  const std::string comm = "/proc/" + std::to_string(bundle.Pid()) + "/comm";
  BOOST_TEST(Eventually([&comm] { return ReadFile(comm) == "sleep\n"; }));
}

BOOST_AUTO_TEST_CASE(with_hooks_and_a_seccomp_listener_nothing_more_stays) {
  const ConsoleSocket listener(bundle.Directory() + "/listener");
  bundle.config["linux"]["seccomp"] = {
      {"defaultAction", "SCMP_ACT_ALLOW"},
      {"listenerPath", listener.Path()},
      {"syscalls", {{{"names", {"getpriority"}}, {"action", "SCMP_ACT_NOTIFY"}}}}};
  for (const char* kind : {"createRuntime", "createContainer", "poststart", "poststop"}) {
    bundle.config["hooks"][kind] = {{{"path", "/bin/true"}}};
  }
  bundle.Args({"/bin/sleep", "1000"});
  CheckWhatStays(bundle);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
