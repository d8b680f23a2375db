// The six kinds of hooks: their order, namespaces, and what they are told
// (config.md#posix-platform-hooks).
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include <boost/test/unit_test.hpp>

#include "support/facts.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

// Each hook writes a line to a log: its kind and what it sees.
struct Hooks : Box {
  Hooks() {
    bundle.Volume("/log", bundle.Directory() + "/log", {"bind", "rw"});
    WriteFile(Log(), "");
    ::chmod(Log().c_str(), 0666);
  }

  std::string Log() const { return bundle.Directory() + "/log"; }

  json Hook(const std::string& script) const {
    return {{"path", "/bin/sh"}, {"args", {"sh", "-c", script}}, {"env", {"PATH=/bin:/usr/bin"}}};
  }

  // In the runtime's mount namespace the log is at its host path.
  json Outside(const std::string& script) const { return Hook("{ " + script + "; } >> " + Log()); }
  json Inside(const std::string& script) const { return Hook("{ " + script + "; } >> /log"); }
};

BOOST_FIXTURE_TEST_SUITE(hooks, Hooks)

BOOST_AUTO_TEST_CASE(all_six_kinds_run_in_the_order_of_the_spec) {
  bundle.config["hooks"] = {
      {"prestart", {Outside("echo prestart")}},
      {"createRuntime", {Outside("echo createRuntime"), Outside("echo second")}},
      {"createContainer", {Outside("echo createContainer")}},
      {"startContainer", {Inside("echo startContainer")}},
      {"poststart", {Outside("echo poststart")}},
      {"poststop", {Outside("echo poststop")}}};
  bundle.Args({"/bin/sleep", "1000"});
  BOOST_REQUIRE(bundle.Create().status == 0);
  BOOST_TEST(ReadFile(Log()) == "prestart\ncreateRuntime\nsecond\ncreateContainer\n");
  BOOST_REQUIRE(bundle.Start().status == 0);
  BOOST_TEST(ReadFile(Log()).ends_with("startContainer\npoststart\n"));
  bundle.Delete();
  BOOST_TEST(ReadFile(Log()).ends_with("poststart\npoststop\n"));
}

BOOST_AUTO_TEST_CASE(the_state_on_standard_input_tells_id_status_pid_and_bundle) {
  bundle.config["annotations"] = {{"org.example", "x"}};
  bundle.config["hooks"] = {{"createRuntime", {Outside("cat; echo")}},
                            {"startContainer", {Inside("cat; echo")}},
                            {"poststart", {Outside("cat; echo")}},
                            {"poststop", {Outside("cat; echo")}}};
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const pid_t pid = bundle.Pid();
  bundle.Delete();
  std::istringstream lines(ReadFile(Log()));
  for (const char* status : {"creating", "created", "running", "stopped"}) {
    std::string line;
    BOOST_REQUIRE(std::getline(lines, line));
    const json state = json::parse(line);
    BOOST_TEST(state["status"] == status);
    BOOST_TEST(state["id"] == bundle.Id());
    BOOST_TEST(state["bundle"] == bundle.Path());
    BOOST_TEST(state["annotations"]["org.example"] == "x");
    if (std::string(status) == "creating" || std::string(status) == "running") {
      BOOST_TEST(state["pid"] == pid);
    }
  }
}

BOOST_AUTO_TEST_CASE(runtime_hooks_see_the_host_and_container_hooks_the_container) {
  const std::string see = "readlink /proc/self/ns/mnt; readlink /proc/self/ns/net";
  bundle.config["hooks"] = {{"createRuntime", {Outside(see)}},
                            {"createContainer", {Outside(see)}},
                            {"startContainer", {Inside(see)}}};
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  std::istringstream lines(ReadFile(Log()));
  std::string mount;
  std::string network;
  BOOST_REQUIRE(std::getline(lines, mount) && std::getline(lines, network));
  BOOST_TEST(mount == NamespaceOf("mnt"));
  BOOST_TEST(network == NamespaceOf("net"));
  for (int i = 0; i < 2; ++i) {
    BOOST_REQUIRE(std::getline(lines, mount) && std::getline(lines, network));
    BOOST_TEST(mount == NamespaceOf("mnt", bundle.Pid()));
    BOOST_TEST(network == NamespaceOf("net", bundle.Pid()));
  }
}

BOOST_AUTO_TEST_CASE(a_create_runtime_hook_finds_the_root_file_system_and_the_network) {
  bundle.config["hooks"] = {
      {"createRuntime",
       {Outside("pid=$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/' | tr -d '\\n');"
                "readlink /proc/$pid/ns/net")}}};
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  BOOST_TEST(Chomp(ReadFile(Log())) == NamespaceOf("net", bundle.Pid()));
}

// In the container's namespaces, as its root, and before the process: which sees what they did.
BOOST_AUTO_TEST_CASE(start_container_hooks_prepare_what_the_process_finds) {
  bundle.config["hooks"] = {
      {"startContainer",
       {Hook("echo first > /tmp/made; readlink /proc/self/ns/pid >> /tmp/made"),
        Hook("echo second >> /tmp/made; id -u >> /tmp/made")}}};
  bundle.config["process"]["user"] = {{"uid", 1000}, {"gid", 1000}};
  bundle.Args({"/bin/sh", "-c", "cat /tmp/made; exec sleep 1000"});
  BOOST_REQUIRE(bundle.Create().status == 0);
  BOOST_TEST(ReadFile(bundle.OutputFile()) == "");
  const Outcome start = bundle.Start();
  BOOST_TEST(start.status == 0, start.errors);
  BOOST_TEST(start.errors == "");
  const std::string wanted = "first\n" + NamespaceOf("pid", bundle.Pid()) + "\nsecond\n0\n";
  BOOST_TEST(Eventually([&] { return ReadFile(bundle.OutputFile()) == wanted; }),
             ReadFile(bundle.OutputFile()));
}

BOOST_AUTO_TEST_CASE(hooks_get_the_environment_of_config_json_alone) {
  bundle.config["hooks"] = {{"createRuntime", {Outside("env | grep -c SECRET || true")}}};
  bundle.Args({"/bin/sleep", "1000"});
  const Outcome outcome = bundle.Agentbox({"create", "--bundle", bundle.Path(), bundle.Id()},
                                          {.environment = {"SECRET=1", "LD_PRELOAD_SECRET=1"}});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(ReadFile(Log()) == "0\n");
}

BOOST_AUTO_TEST_CASE(a_poststart_or_poststop_hook_that_fails_is_warned_of_and_the_rest_runs) {
  bundle.config["hooks"] = {{"poststart", {Hook("exit 3"), Outside("echo poststart")}},
                            {"poststop", {Hook("exit 4"), Outside("echo poststop")}}};
  bundle.Args({"/bin/sleep", "1000"});
  BOOST_REQUIRE(bundle.Create().status == 0);
  const Outcome start = bundle.Start();
  BOOST_TEST(start.errors.find("hooks.poststart[0]") != std::string::npos, start.errors);
  const Outcome outcome = bundle.Command("delete", {"--force"});
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.errors.find("hooks.poststop[0]") != std::string::npos, outcome.errors);
  BOOST_TEST(ReadFile(Log()).ends_with("poststop\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
