// Bad input and faults: one clear line, an exit code, and nothing left behind.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

struct Faulty : Box {
  // `create` fails so, and nothing is left.
  void CheckCreateFails(std::string_view part) {
    CheckFails(bundle.Create(), 1, part);
    CheckNothingLeft(bundle);
  }

  // config.json as this text.
  Outcome CreateOf(const std::string& text) {
    WriteFile(bundle.Path() + "/config.json", text);
    return RunCommand({AgentboxPath(),
                       "--root",
                       bundle.Root(),
                       "create",
                       "--bundle",
                       bundle.Path(),
                       bundle.Id()});
  }

  // A command where no cgroup can be written, in a mount namespace of its own.
  Outcome WithReadonlyCgroups(const std::vector<std::string>& command) const {
    bundle.WriteConfig();
    std::vector<std::string> args = {
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-ec",
        "while read -r _ path _; do case $path in /sys/fs/cgroup*) echo $path ;; esac; done"
        " < /proc/mounts | while read -r path; do mount -o remount,bind,ro $path; done;"
        " exec \"$@\"",
        "sh"};
    args.insert(args.end(), command.begin(), command.end());
    return RunCommand(args);
  }
};

BOOST_FIXTURE_TEST_SUITE(faults, Faulty)

BOOST_AUTO_TEST_CASE(config_json_that_is_missing_empty_or_broken) {
  std::filesystem::create_directory(bundle.Directory() + "/empty");
  CheckFails(bundle.Agentbox({"create", "--bundle", bundle.Directory() + "/empty", bundle.Id()}),
             1,
             "config.json");
  CheckFails(CreateOf(""), 1, "config.json");
  CheckFails(CreateOf("{\"ociVersion\": "), 1, "config.json");
  CheckFails(CreateOf("[]"), 1, "config.json");
  CheckFails(CreateOf("{\"ociVersion\": \"1.0.0\", \"ociVersion\": \"1.0.0\"}"), 1, "ociVersion");
  // One that nobody writes to is not waited for.
  BOOST_REQUIRE(::mkfifo((bundle.Directory() + "/empty/config.json").c_str(), 0600) == 0);
  CheckFails(bundle.Agentbox({"create", "--bundle", bundle.Directory() + "/empty", bundle.Id()}),
             1,
             "config.json: is not a regular file");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(a_memory_limit_below_what_a_start_takes) {
  bundle.config["linux"]["resources"] = {{"memory", {{"limit", 131072}}}};
  const Outcome outcome = bundle.Create();
  BOOST_TEST(outcome.status == 1);
  // Which call is the first that can not have its memory is the kernel's affair.
  const bool is_killed =
      outcome.errors.find("linux.resources.memory: init was killed for want") != std::string::npos;
  BOOST_TEST((is_killed || outcome.errors.find("(ENOMEM)") != std::string::npos), outcome.errors);
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(a_bundle_that_is_not_there) {
  CheckFails(bundle.Agentbox({"create", "--bundle", "/no/such/bundle", bundle.Id()}),
             1,
             "/no/such/bundle");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(values_of_a_wrong_type_name_their_path) {
  const json right = bundle.config;
  const auto check = [&](const std::string& pointer, const json& value, const std::string& part) {
    bundle.config = right;
    bundle.config[json::json_pointer(pointer)] = value;
    CheckFails(bundle.Create(), 1, part);
  };
  check("/process/user/uid", "1000", "process.user.uid: expected");
  check("/process/user/uid", -1, "process.user.uid: expected");
  check("/process/user/gid", 4294967296, "process.user.gid: expected");
  check("/process/args", "sh", "process.args: expected");
  check("/process/args", json::array(), "process.args");
  check("/process/cwd", "relative", "process.cwd");
  check("/process/terminal", "yes", "process.terminal: expected");
  check("/process/rlimits",
        {{{"type", "RLIMIT_FOO"}, {"soft", 1}, {"hard", 1}}},
        "process.rlimits[0]");
  check("/process/rlimits",
        {{{"type", "RLIMIT_CORE"}, {"soft", 2}, {"hard", 1}}},
        "process.rlimits[0]");
  check("/mounts/0/destination", 7, "mounts[0].destination: expected");
  check("/linux/namespaces/0/type", "foo", "linux.namespaces[0].type");
  check("/linux/resources",
        {{"memory", {{"limit", "1G"}}}},
        "linux.resources.memory.limit: expected");
  check("/linux/seccomp", {{"defaultAction", "SCMP_ACT_FOO"}}, "linux.seccomp.defaultAction");
  check("/hooks", {{"prestart", {{{"path", "relative"}}}}}, "hooks.prestart[0].path");
  check("/ociVersion", "banana", "ociVersion");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(an_id_in_use) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  CheckFails(bundle.Create(), 1, bundle.Id());
  BOOST_TEST(bundle.Status() == "running");
}

BOOST_AUTO_TEST_CASE(ids_with_bad_characters) {
  for (const char* id : {"", ".", "..", "a/b", "../x", "a b", "@ids", "a\nb"}) {
    const Outcome outcome = bundle.Agentbox({"create", "--bundle", bundle.Path(), id});
    BOOST_TEST(outcome.status == 1, id);
    BOOST_TEST(outcome.errors.starts_with("agentbox: "), outcome.errors);
  }
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(a_root_that_is_missing_a_file_or_a_symlink_out) {
  bundle.config["root"]["path"] = bundle.Directory() + "/none";
  CheckCreateFails("root");
  WriteFile(bundle.Directory() + "/file", "");
  bundle.config["root"]["path"] = bundle.Directory() + "/file";
  CheckCreateFails("root");
  std::filesystem::create_directory_symlink("/", bundle.Path() + "/link");
  bundle.config["root"]["path"] = "link";
  CheckCreateFails("root");
}

BOOST_AUTO_TEST_CASE(a_mount_source_that_is_not_there) {
  bundle.Volume("/volume", "/no/such/source");
  CheckCreateFails("/no/such/source: No such file or directory (ENOENT)");
}

BOOST_AUTO_TEST_CASE(an_option_that_a_file_system_does_not_know) {
  bundle.Mount("/scratch", "tmpfs", "tmpfs", {"bogus=1"});
  CheckCreateFails("mounts[7] (/scratch: tmpfs bogus=1)");
}

BOOST_AUTO_TEST_CASE(a_file_system_that_the_kernel_does_not_know) {
  bundle.Mount("/scratch", "nosuchfs", "none", {});
  CheckCreateFails("mounts[7]");
}

BOOST_AUTO_TEST_CASE(a_directory_on_a_file) {
  std::filesystem::create_directory(bundle.Directory() + "/volume");
  bundle.Volume("/etc/passwd", bundle.Directory() + "/volume");
  CheckCreateFails("mounts[7]");
}

BOOST_AUTO_TEST_CASE(hooks_that_fail) {
  WriteFile(bundle.Path() + "/hook", "#!/bin/sh\necho reason >&2\nexit 3\n");
  ::chmod((bundle.Path() + "/hook").c_str(), 0755);
  for (const char* kind : {"prestart", "createRuntime"}) {
    bundle.config["hooks"] = {{kind, {{{"path", bundle.Path() + "/hook"}}}}};
    CheckCreateFails(std::string("hooks.") + kind + "[0] (" + bundle.Path() +
                     "/hook): exited with 3: \"reason\"");
  }
  bundle.config["hooks"] = {{"createContainer", {{{"path", "/bin/false"}}}}};
  CheckCreateFails("hooks.createContainer[0]");
  bundle.config["hooks"] = {{"createRuntime", {{{"path", "/no/such/hook"}}}}};
  CheckCreateFails("hooks.createRuntime[0] (/no/such/hook)");
}

BOOST_AUTO_TEST_CASE(hooks_that_hang_are_ended_at_their_time_limit) {
  bundle.config["hooks"] = {
      {"createRuntime", {{{"path", "/bin/sleep"}, {"args", {"sleep", "1000"}}, {"timeout", 1}}}}};
  CheckCreateFails("hooks.createRuntime[0] (/bin/sleep)");
}

BOOST_AUTO_TEST_CASE(a_start_container_hook_that_fails_fails_start) {
  bundle.config["hooks"] = {{"startContainer", {{{"path", "/bin/false"}}}}};
  BOOST_REQUIRE(bundle.Create().status == 0);
  CheckFails(bundle.Start(), 1, "hooks.startContainer[0]");
  BOOST_TEST(Eventually([this] { return bundle.Status() == "stopped"; }));
  bundle.Delete();
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(commands_on_a_container_that_is_not_there) {
  for (const char* command : {"start", "state", "pause", "resume", "ps", "delete"}) {
    CheckFails(bundle.Command(command), 1, bundle.Id());
  }
  CheckFails(bundle.Command("kill", {}, {"KILL"}), 1, bundle.Id());
  CheckFails(bundle.Exec({"/bin/true"}), 255, bundle.Id());
  BOOST_TEST(bundle.Command("delete", {"--force"}).status == 0);
}

BOOST_AUTO_TEST_CASE(commands_that_the_status_does_not_allow) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  CheckFails(bundle.Start(), 1, "running");
  CheckFails(bundle.Command("delete"), 1, "running");
  CheckFails(bundle.Command("resume"), 1, "running");
  CheckFails(bundle.Command("kill", {}, {"NOSUCH"}), 1, "NOSUCH");
  BOOST_REQUIRE(bundle.Command("kill", {}, {"KILL"}).status == 0);
  BOOST_TEST(Eventually([this] { return bundle.Status() == "stopped"; }));
  CheckFails(bundle.Start(), 1, "stopped");
  CheckFails(bundle.Command("pause"), 1, "stopped");
  CheckFails(
      bundle.Command("kill", {}, {"TERM"}), 1, "container not running");  // engines look for it
  CheckFails(bundle.Exec({"/bin/true"}), 255, "stopped");
}

BOOST_AUTO_TEST_CASE(exec_into_a_paused_container) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  BOOST_REQUIRE(bundle.Command("pause").status == 0);
  CheckFails(bundle.Exec({"/bin/true"}), 255, "paused");
  bundle.Delete();
}

BOOST_AUTO_TEST_CASE(unsafe_and_unknown_requests_are_refused) {
  CheckFails(bundle.Create({"--no-pivot"}), 1, "--no-pivot");
  BOOST_TEST(bundle.Create({"--no-such-option"}).status != 0);
  BOOST_TEST(bundle.Agentbox({"fly"}).errors.find("unknown command \"fly\"") != std::string::npos);
  BOOST_TEST(bundle.Agentbox({"creat", bundle.Id()}).errors.find("did you mean create?") !=
             std::string::npos);
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(a_full_scratch_disk) {
  const std::string scratch = bundle.Directory() + "/scratch";
  const MountedTmpfs mounted(scratch, "size=1m,nr_inodes=2");
  WriteFile(bundle.Directory() + "/policy.json",
            json({{"scratch", {{"directory", scratch}}}}).dump());
  const Outcome outcome = bundle.Agentbox({"--policy",
                                           bundle.Directory() + "/policy.json",
                                           "run",
                                           "--bundle",
                                           bundle.Path(),
                                           bundle.Id()});
  CheckFails(outcome, 1, "No space left on device (ENOSPC)");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(a_full_upper_layer_is_the_containers_trouble_alone) {
  const std::string scratch = bundle.Directory() + "/scratch";
  const MountedTmpfs mounted(scratch, "size=1m");
  WriteFile(bundle.Directory() + "/policy.json",
            json({{"scratch", {{"directory", scratch}}}}).dump());
  bundle.Args({"/bin/sh", "-c", "dd if=/dev/zero of=/big bs=1M count=4 2>/dev/null; exit $?"});
  const Outcome outcome = bundle.Agentbox({"--policy",
                                           bundle.Directory() + "/policy.json",
                                           "run",
                                           "--bundle",
                                           bundle.Path(),
                                           bundle.Id()});
  BOOST_TEST(outcome.status == 1, outcome.errors);
  BOOST_TEST(std::filesystem::is_empty(scratch));
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(a_cgroup_limit_that_the_kernel_refuses) {
  bundle.config["linux"]["resources"] = {{"cpu", {{"cpus", "4000"}}}};
  CheckCreateFails("linux.resources.cpu.cpus");
}

BOOST_AUTO_TEST_CASE(cgroups_that_can_not_be_written) {
  for (const char* command : {"create", "run"}) {
    CheckFails(WithReadonlyCgroups({AgentboxPath(),
                                    "--root",
                                    bundle.Root(),
                                    command,
                                    "--bundle",
                                    bundle.Path(),
                                    bundle.Id()}),
               1,
               "/sys/fs/cgroup/");
    CheckNothingLeft(bundle);
  }
  const Outcome without = WithReadonlyCgroups({AgentboxPath(),
                                               "--root",
                                               bundle.Root(),
                                               "--cgroup-manager",
                                               "disabled",
                                               "run",
                                               "--bundle",
                                               bundle.Path(),
                                               bundle.Id()});
  BOOST_TEST(without.status == 0, without.errors);
}

BOOST_AUTO_TEST_CASE(do_where_cgroups_can_not_be_written) {
  const Outcome outcome = WithReadonlyCgroups(
      {AgentboxPath(), "do", "--quiet", "--network", "none", "--name", bundle.Id(), "true"});
  CheckFails(outcome, 125, "Read-only file system (EROFS)");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(a_pid_file_that_can_not_be_written) {
  CheckFails(bundle.Create({"--pid-file", "/no/such/directory/pid"}), 1, "--pid-file");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(a_console_socket_that_is_not_there) {
  bundle.config["process"]["terminal"] = true;
  CheckFails(bundle.Create({"--console-socket", "/no/such/socket"}), 1, "--console-socket");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(a_state_root_that_can_not_be_made) {
  bundle.WriteConfig();
  CheckFails(RunCommand({AgentboxPath(),
                         "--root",
                         "/proc/nowhere",
                         "create",
                         "--bundle",
                         bundle.Path(),
                         bundle.Id()}),
             1,
             "/proc/nowhere");
}

BOOST_AUTO_TEST_CASE(init_that_is_killed_while_it_waits) {
  bundle.Args({"/bin/sleep", "1000"});
  BOOST_REQUIRE(bundle.Create().status == 0);
  ::kill(bundle.Pid(), SIGKILL);
  BOOST_TEST(Eventually([this] { return bundle.Status() == "stopped"; }));
  CheckFails(bundle.Start(), 1, "stopped");
  BOOST_TEST(bundle.Command("delete").status == 0);
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
