// What engines read of the commands: outputs and exit codes, runc's on the same bundle beside them.
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

std::string LastLine(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

struct Commands : Box {
  Outcome Runc(const std::vector<std::string>& args) const {
    std::vector<std::string> all = {"runc", "--root", bundle.Directory() + "/runc"};
    all.insert(all.end(), args.begin(), args.end());
    return RunCommand(all);
  }

  // The exit code of `run` is runc's, and `errors` says `part`.
  void CheckRunAsRunc(const std::vector<std::string>& args, std::string_view part) {
    const Outcome ours = bundle.Run(args);
    const Outcome theirs = Runc({"run", "--bundle", bundle.Path(), "r" + bundle.Id()});
    Runc({"delete", "--force", "r" + bundle.Id()});
    BOOST_TEST(ours.status == theirs.status);
    BOOST_TEST(ours.errors.find(part) != std::string::npos, ours.errors);
    BOOST_TEST(theirs.errors.find(part) != std::string::npos, theirs.errors);
  }

  void CheckExecAsRunc(const std::vector<std::string>& args) const {
    const Outcome ours = bundle.Exec(args);
    std::vector<std::string> all = {"exec", "r" + bundle.Id()};
    all.insert(all.end(), args.begin(), args.end());
    const Outcome theirs = Runc(all);
    BOOST_TEST(ours.status == theirs.status, args.front() << ": " << ours.errors << theirs.errors);
  }

  void LaunchSleep() { bundle.Args({"/bin/sleep", "1000"}).Launch(); }
};

BOOST_FIXTURE_TEST_SUITE(commands, Commands)

BOOST_AUTO_TEST_CASE(a_command_that_is_not_there_fails_as_under_runc) {
  bundle.OwnRootfs();
  WriteFile(bundle.Rootfs() + "/text", "not a program");
  CheckRunAsRunc({"/no/such/command"}, "no such file or directory");
  CheckRunAsRunc({"no-such-command"}, "executable file not found in $PATH");
  CheckRunAsRunc({"/text"}, "permission denied");
  CheckRunAsRunc({"/etc"}, "");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(exec_ends_as_under_runc) {
  LaunchSleep();
  BOOST_REQUIRE(RunCommand({"sh",
                            "-c",
                            "exec runc --root " + bundle.Directory() + "/runc run -d --bundle " +
                                bundle.Path() + " r" + bundle.Id()})
                    .status == 0);
  CheckExecAsRunc({"/bin/sh", "-c", "exit 9"});
  CheckExecAsRunc({"/bin/sh", "-c", "kill -TERM $$"});
  CheckExecAsRunc({"/no/such/command"});
  CheckExecAsRunc({"no-such-command"});
  CheckExecAsRunc({"/etc/passwd"});
  Runc({"delete", "--force", "r" + bundle.Id()});
}

BOOST_AUTO_TEST_CASE(create_tells_of_a_command_that_is_not_there) {
  const Outcome outcome = bundle.Args({"no-such-command"}).Create();
  if (outcome.Succeeded()) {
    CheckFails(bundle.Start(), 1, "no-such-command");
  } else {
    CheckFails(outcome, 1, "no-such-command");
    CheckNothingLeft(bundle);
  }
}

BOOST_AUTO_TEST_CASE(the_log_has_the_error_as_engines_read_it) {
  const std::string log = bundle.Directory() + "/log.json";
  bundle.config["root"]["path"] = "/no/such/root";
  bundle.Agentbox(
      {"--log", log, "--log-format", "json", "create", "--bundle", bundle.Path(), bundle.Id()});
  const json line = json::parse(LastLine(ReadFile(log)));
  BOOST_TEST(line["level"] == "error");
  BOOST_TEST(line["msg"].get<std::string>().find("/no/such/root") != std::string::npos);
  BOOST_TEST(line["time"].is_string());
}

BOOST_AUTO_TEST_CASE(kill_takes_every_form_of_a_signal) {
  bundle.Args({"/bin/guest", "await-signal"});
  for (const char* signal : {"USR1", "SIGUSR1", "usr1", "10"}) {
    std::error_code error;
    WriteFile(bundle.OutputFile(), "");
    bundle.Launch();
    BOOST_TEST(Eventually([this] { return ReadFile(bundle.OutputFile()) == "ready\n"; }));
    BOOST_TEST(bundle.Command("kill", {}, {signal}).status == 0, signal);
    BOOST_TEST(Eventually([this] { return ReadFile(bundle.OutputFile()) == "ready\nUSR1\n"; }),
               signal);
    bundle.Delete();
  }
}

BOOST_AUTO_TEST_CASE(kill_sends_term_by_default_and_all_reaches_all) {
  bundle.Args({"/bin/guest", "await-signal"}).Launch();
  BOOST_TEST(Eventually([this] { return ReadFile(bundle.OutputFile()) == "ready\n"; }));
  BOOST_TEST(bundle.Command("kill").status == 0);
  BOOST_TEST(Eventually([this] { return ReadFile(bundle.OutputFile()) == "ready\nTERM\n"; }));
  bundle.Delete();
  LaunchSleep();
  bundle.Exec({"/bin/sleep", "1000"}, {"--detach"});
  BOOST_TEST(bundle.Command("kill", {"--all"}, {"KILL"}).status == 0);
  // Init ends when the process of exec is reaped, whose parent is this program by now.
  BOOST_TEST(Eventually([this] {
    ::waitpid(-1, nullptr, WNOHANG);
    return bundle.Status() == "stopped";
  }));
}

BOOST_AUTO_TEST_CASE(ps_lists_the_processes) {
  LaunchSleep();
  bundle.Exec({"/bin/sleep", "999"}, {"--detach"});
  const Outcome as_json = bundle.Command("ps", {"--format", "json"});
  BOOST_TEST(json::parse(as_json.output).size() == 2U, as_json.output);
  std::string table;
  // The kernel closes our descriptors, by which `exec` knows, a moment before the process has its
  // arguments.
  BOOST_TEST(Eventually([&table, this] {
               table = bundle.Command("ps").output;
               return table.find("sleep 999") != std::string::npos;
             }),
             table);
  BOOST_TEST(table.find("PID") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(list_shows_containers_as_table_as_json_and_as_ids) {
  LaunchSleep();
  const json all = json::parse(bundle.Agentbox({"list", "--format", "json"}).output);
  BOOST_REQUIRE(all.size() == 1U);
  BOOST_TEST(all[0]["id"] == bundle.Id());
  BOOST_TEST(all[0]["status"] == "running");
  BOOST_TEST(all[0]["pid"] == bundle.Pid());
  BOOST_TEST(all[0]["bundle"] == bundle.Path());
  BOOST_TEST(bundle.Agentbox({"list", "--quiet"}).output == bundle.Id() + "\n");
  const std::string table = bundle.Agentbox({"list"}).output;
  BOOST_TEST(table.starts_with("ID "), table);
  BOOST_TEST(table.find(bundle.Id()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(pause_stops_the_processes_and_resume_lets_them_go_on) {
  LaunchSleep();
  BOOST_TEST(bundle.Command("pause").status == 0);
  BOOST_TEST(bundle.Status() == "paused");
  // A further process is frozen with the others before it runs its program.
  Background exec({AgentboxPath(),
                   "--root",
                   bundle.Root(),
                   "exec",
                   "--ignore-paused",
                   bundle.Id(),
                   "/bin/true"});
  BOOST_TEST(Eventually([this] {
    return json::parse(bundle.Command("ps", {"--format", "json"}).output).size() == 2U;
  }));
  BOOST_TEST(bundle.Command("resume").status == 0);
  BOOST_TEST(exec.Wait() == 0);
  BOOST_TEST(bundle.Status() == "running");
  BOOST_TEST(bundle.ExecOutputOf({"/bin/echo", "on"}) == "on");
}

BOOST_AUTO_TEST_CASE(a_paused_container_can_be_killed_and_deleted) {
  LaunchSleep();
  BOOST_REQUIRE(bundle.Command("pause").status == 0);
  BOOST_TEST(bundle.Command("delete", {"--force"}).status == 0);
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(exec_takes_user_groups_cwd_env_and_capabilities) {
  LaunchSleep();
  const Outcome outcome = bundle.Exec(
      {"/bin/sh", "-c", "id -u; id -g; id -G; pwd; echo $COLOR; grep -e NoNew /proc/self/status"},
      {"--user",
       "1000:1001",
       "--additional-gids",
       "7",
       "--additional-gids",
       "8",
       "--cwd",
       "/tmp",
       "--env",
       "COLOR=red",
       "--no-new-privs"});
  BOOST_TEST(outcome.output == "1000\n1001\n1001 7 8\n/tmp\nred\nNoNewPrivs:\t1\n", outcome.errors);
  const Outcome capable =
      bundle.Exec({"/bin/grep", "CapEff", "/proc/self/status"}, {"--cap", "CAP_SYS_PTRACE"});
  BOOST_TEST(capable.output.find("a80c25fb") != std::string::npos, capable.output);
}

BOOST_AUTO_TEST_CASE(exec_as_a_user_alone_keeps_the_groups_of_the_process) {
  bundle.config["process"]["user"] = {{"uid", 1000}, {"gid", 1001}, {"additionalGids", {27}}};
  LaunchSleep();
  const std::vector<std::string> show = {"/bin/sh", "-c", "id -u; id -g; id -G"};
  BOOST_TEST(bundle.Exec(show, {"--user", "5"}).output == "5\n1001\n1001 27\n");
  BOOST_TEST(bundle.Exec(show, {"--user", "5:6"}).output == "5\n6\n6 27\n");
}

BOOST_AUTO_TEST_CASE(debug_logs_the_plan_and_each_message) {
  const std::string log = bundle.Directory() + "/log";
  const Outcome outcome =
      bundle.Agentbox({"--debug", "--log", log, "run", "--bundle", bundle.Path(), bundle.Id()});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  const std::string lines = ReadFile(log);
  for (const char* part : {"level=debug msg=\"  ids: a range of its own",
                           "/proc",
                           "to init: kIdsMapped",
                           "from init: kReady",
                           "to init: kStart"}) {
    BOOST_TEST(lines.find(part) != std::string::npos, part << " is not in " << lines);
  }
}

BOOST_AUTO_TEST_CASE(exec_takes_a_process_file) {
  LaunchSleep();
  WriteFile(bundle.Directory() + "/process.json",
            json({{"args", {"/bin/sh", "-c", "echo $A; id -u; pwd"}},
                  {"cwd", "/tmp"},
                  {"env", {"PATH=/bin", "A=b"}},
                  {"user", {{"uid", 5}, {"gid", 6}}}})
                .dump());
  const Outcome outcome =
      bundle.Command("exec", {"--process", bundle.Directory() + "/process.json"});
  BOOST_TEST(outcome.output == "b\n5\n/tmp\n", outcome.errors);
}

BOOST_AUTO_TEST_CASE(exec_detached_writes_a_pid_file_and_returns) {
  LaunchSleep();
  const std::string file = bundle.Directory() + "/pid";
  const Outcome outcome = bundle.Exec({"/bin/sleep", "1000"}, {"--detach", "--pid-file", file});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(
      Eventually([&file] { return ReadFile("/proc/" + ReadFile(file) + "/comm") == "sleep\n"; }));
}

BOOST_AUTO_TEST_CASE(exec_takes_lsm_labels_where_the_host_has_the_lsm) {
  LaunchSleep();
  const std::string enabled = ReadFile("/sys/module/apparmor/parameters/enabled");
  CheckFails(
      bundle.Exec({"/bin/true"}, {"--apparmor", "no-such-profile"}), 255, "exec.apparmorProfile");
  const Outcome unconfined = bundle.Exec(
      {"/bin/cat", enabled.starts_with("Y") ? "/proc/self/attr/apparmor/current" : "/dev/null"},
      {"--apparmor", "unconfined"});
  BOOST_TEST(unconfined.status == 0, unconfined.errors);
  BOOST_TEST(unconfined.output == (enabled.starts_with("Y") ? "unconfined\n" : ""));
  BOOST_REQUIRE(!Exists("/sys/fs/selinux/enforce"));  // no host of these tests has SELinux
  CheckFails(bundle.Exec({"/bin/true"}, {"--process-label", "system_u:system_r:svirt_t:s0"}),
             255,
             "exec.selinuxLabel");
}

BOOST_AUTO_TEST_CASE(exec_takes_the_containers_own_cgroup_and_no_other) {
  LaunchSleep();
  const std::string own = Chomp(ReadFile("/proc/" + std::to_string(bundle.Pid()) + "/cgroup"));
  for (const char* cgroup : {"/", "pids:/"}) {
    const std::string file = bundle.Directory() + "/pid";
    BOOST_TEST(
        bundle.Exec({"/bin/sleep", "1000"}, {"--detach", "--pid-file", file, "--cgroup", cgroup})
            .status == 0);
    BOOST_TEST(Chomp(ReadFile("/proc/" + ReadFile(file) + "/cgroup")) == own);
  }
  CheckFails(bundle.Exec({"/bin/true"}, {"--cgroup", "/below"}), 255, "--cgroup: \"/below\"");
}

// The keyrings that the container's first host id owns, as that id sees them.
std::string KeysOf(const Bundle& bundle) {
  std::istringstream map(ReadFile("/proc/" + std::to_string(bundle.Pid()) + "/uid_map"));
  std::string inside;
  std::string outside;
  map >> inside >> outside;
  return RunCommand({"setpriv", "--reuid=" + outside, "--clear-groups", "cat", "/proc/keys"})
      .output;
}

// In this order: the kernel keeps a keyring for some time after its last process.
BOOST_AUTO_TEST_CASE(a_container_has_a_session_keyring_of_its_own_unless_told_otherwise) {
  const std::string name = " _ses." + bundle.Id() + ":";
  bundle.Args({"/bin/sleep", "1000"});
  BOOST_REQUIRE(bundle.Create({"--no-new-keyring"}).status == 0);
  BOOST_REQUIRE(bundle.Start().status == 0);
  BOOST_TEST(KeysOf(bundle).find(name) == std::string::npos, KeysOf(bundle));
  bundle.Delete();
  bundle.Launch();
  BOOST_TEST(KeysOf(bundle).find(name) != std::string::npos, KeysOf(bundle));
}

BOOST_AUTO_TEST_CASE(exec_joins_all_namespaces_and_the_cgroup) {
  LaunchSleep();
  const auto all = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};
  std::string expected;
  std::vector<std::string> args = {"/bin/guest", "namespaces"};
  for (const char* type : all) {
    args.push_back(type);
    expected +=
        Chomp(RunCommand({"readlink", "/proc/" + std::to_string(bundle.Pid()) + "/ns/" + type})
                  .output) +
        "\n";
  }
  BOOST_TEST(bundle.Exec(args).output == expected);
  const std::string file = bundle.Directory() + "/pid";
  bundle.Exec({"/bin/sleep", "1000"}, {"--detach", "--pid-file", file});
  BOOST_TEST(ReadFile("/proc/" + ReadFile(file) + "/cgroup") ==
             ReadFile("/proc/" + std::to_string(bundle.Pid()) + "/cgroup"));
}

BOOST_AUTO_TEST_CASE(run_detached_and_keep) {
  bundle.Args({"/bin/sleep", "1000"});
  Outcome outcome = bundle.Agentbox({"run", "--detach", "--bundle", bundle.Path(), bundle.Id()});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(bundle.Status() == "running");
  bundle.Delete();
  bundle.Args({"/bin/true"});
  BOOST_TEST(bundle.Agentbox({"run", "--keep", "--bundle", bundle.Path(), bundle.Id()}).status ==
             0);
  BOOST_TEST(bundle.Status() == "stopped");
  BOOST_TEST(bundle.Command("delete").status == 0);
}

BOOST_AUTO_TEST_CASE(run_passes_signals_on) {
  bundle.Args({"/bin/guest", "await-signal"}).WriteConfig();
  Background run(
      {AgentboxPath(), "--root", bundle.Root(), "run", "--bundle", bundle.Path(), bundle.Id()},
      bundle.OutputFile());
  BOOST_TEST(Eventually([this] { return ReadFile(bundle.OutputFile()) == "ready\n"; }));
  run.Signal(SIGHUP);
  BOOST_TEST(run.Wait() == 0);
  BOOST_TEST(ReadFile(bundle.OutputFile()) == "ready\nHUP\n");
}

BOOST_AUTO_TEST_CASE(spec_writes_a_config_that_runs) {
  const std::string directory = bundle.Directory() + "/spec";
  BOOST_REQUIRE(RunCommand({"mkdir", directory}).status == 0);
  BOOST_REQUIRE(bundle.Agentbox({"spec", "--bundle", directory}).status == 0);
  bundle.config = json::parse(ReadFile(directory + "/config.json"));
  bundle.config["root"]["path"] = SharedRootfs();
  bundle.config["process"]["terminal"] = false;
  BOOST_TEST(bundle.OutputOf({"/bin/echo", "by spec"}) == "by spec");
  CheckFails(bundle.Agentbox({"spec", "--bundle", directory}), 1, "config.json");
}

BOOST_AUTO_TEST_CASE(features_are_as_the_spec_says) {
  const json features = json::parse(bundle.Agentbox({"features"}).output);
  BOOST_TEST(features["ociVersionMin"] == "1.0.0");
  BOOST_TEST(features["ociVersionMax"] == "1.3.0");
  BOOST_TEST(features["hooks"].size() == 6U);
  BOOST_TEST(features["linux"]["namespaces"].size() >= 7U);
  BOOST_TEST(features["linux"]["seccomp"]["enabled"] == true);
  BOOST_TEST(features["mountOptions"].is_array());
}

BOOST_AUTO_TEST_CASE(plan_prints_the_plan_and_makes_nothing) {
  const Outcome outcome = bundle.Agentbox({"plan", bundle.Path()});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(outcome.output.find("/proc") != std::string::npos);
  BOOST_TEST(json::parse(bundle.Agentbox({"plan", "--json", bundle.Path()}).output).is_object());
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(version_and_help) {
  const Outcome version = RunCommand({AgentboxPath(), "--version"});
  BOOST_TEST(version.output.starts_with("agentbox version "), version.output);
  BOOST_TEST(version.output.find("spec: 1.3.0") != std::string::npos, version.output);
  for (const char* command : {"create",
                              "start",
                              "state",
                              "kill",
                              "delete",
                              "run",
                              "exec",
                              "ps",
                              "list",
                              "pause",
                              "resume",
                              "update",
                              "events",
                              "spec",
                              "features",
                              "plan",
                              "do"}) {
    const Outcome help = RunCommand({AgentboxPath(), command, "--help"});
    BOOST_TEST(help.status == 0, command);
    BOOST_TEST(help.output.find("agentbox " + std::string(command)) != std::string::npos, command);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
