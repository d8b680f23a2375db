// config.json's `process`, seen from inside (config.md#process).
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "support/facts.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

BOOST_FIXTURE_TEST_SUITE(process, Box)

BOOST_AUTO_TEST_CASE(root_of_the_container_has_what_the_config_says) {
  CheckFacts(bundle,
             {"process.user.uid",
              "process.user.gid",
              "process.user.additionalGids",
              "process.capabilities.bounding",
              "process.capabilities.effective",
              "process.capabilities.permitted",
              "process.capabilities.inheritable",
              "process.capabilities.ambient",
              "process.cwd",
              "process.env.PATH",
              "process.noNewPrivileges",
              "process.terminal",
              "hostname",
              "mounts /proc",
              "default device /dev/null",
              "seccomp mode",
              "namespace pid",
              "namespace mnt",
              "namespace user",
              "linux.maskedPaths /proc/keys",
              "linux.readonlyPaths /proc/sys"});
}

BOOST_AUTO_TEST_CASE(a_user_has_ids_groups_and_umask) {
  bundle.config["process"]["user"] = {
      {"uid", 1000}, {"gid", 1001}, {"additionalGids", {5, 27, 65533}}, {"umask", 027}};
  bundle.config["process"].erase("capabilities");
  bundle.config["process"]["cwd"] = "/home/user";
  CheckFacts(bundle,
             {"process.user.uid",
              "process.user.gid",
              "process.user.additionalGids",
              "process.user.umask",
              "process.cwd",
              "process.capabilities.bounding"});
}

// OpenShift's users, and those of directory services.
BOOST_AUTO_TEST_CASE(a_users_ids_may_be_beyond_the_range) {
  bundle.config["process"]["user"] = {
      {"uid", 1000650000}, {"gid", 70000}, {"additionalGids", {5, 65534, 1000650000}}};
  bundle.config["process"].erase("capabilities");
  CheckFacts(bundle, {"process.user.uid", "process.user.gid", "process.user.additionalGids"});
}

BOOST_AUTO_TEST_CASE(ambient_capabilities_stay_with_a_user) {
  const json all = {"CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_CHOWN"};
  const json some = {"CAP_KILL", "CAP_NET_BIND_SERVICE"};
  bundle.config["process"]["user"] = {{"uid", 1000}, {"gid", 1000}};
  bundle.config["process"]["capabilities"] = {{"bounding", all},
                                              {"effective", some},
                                              {"permitted", some},
                                              {"inheritable", some},
                                              {"ambient", some}};
  CheckFacts(bundle, {"process.capabilities.ambient", "process.capabilities.effective"});
}

BOOST_AUTO_TEST_CASE(an_unknown_capability_is_warned_of_and_left_out) {
  bundle.config["process"]["capabilities"]["bounding"].push_back("CAP_FLY");
  const Outcome outcome = bundle.Run({"/bin/true"});
  BOOST_TEST(outcome.status == 0);
  const auto first = outcome.errors.find("agentbox: warning: process.capabilities");
  BOOST_TEST((first != std::string::npos && outcome.errors.find("CAP_FLY") != std::string::npos),
             outcome.errors);
  BOOST_TEST(outcome.errors.find("CAP_FLY") == outcome.errors.rfind("CAP_FLY"), outcome.errors);
}

BOOST_AUTO_TEST_CASE(rlimits_are_set) {
  bundle.config["process"]["rlimits"] =
      json::parse(R"([{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200},
                      {"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
                      {"type": "RLIMIT_STACK", "soft": 1048576, "hard": 67108864},
                      {"type": "RLIMIT_NPROC", "soft": 300, "hard": 300}])");
  CheckFacts(bundle,
             {"process.rlimits.RLIMIT_NOFILE.soft",
              "process.rlimits.RLIMIT_NOFILE.hard",
              "process.rlimits.RLIMIT_CORE.soft",
              "process.rlimits.RLIMIT_STACK.hard",
              "process.rlimits.RLIMIT_NPROC.hard"});
}

BOOST_AUTO_TEST_CASE(no_new_privileges_holds) {
  bundle.config["process"]["noNewPrivileges"] = true;
  CheckFacts(bundle, {"process.noNewPrivileges"});
}

BOOST_AUTO_TEST_CASE(the_out_of_memory_killer_is_told_the_score) {
  bundle.config["process"]["oomScoreAdj"] = 500;
  CheckFacts(bundle, {"process.oomScoreAdj"});
}

BOOST_AUTO_TEST_CASE(the_scheduler_and_the_io_priority_are_set) {
  bundle.config["process"]["scheduler"] = {{"policy", "SCHED_BATCH"}, {"nice", 5}};
  bundle.config["process"]["ioPriority"] = {{"class", "IOPRIO_CLASS_BE"}, {"priority", 6}};
  CheckFacts(bundle, {"process.scheduler.policy", "process.scheduler.nice"});
  // From outside: inside, ioprio_get(2) is refused.
  constexpr int kOfProcess = 1;
  constexpr int kBestEffort = 2;
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  BOOST_TEST(::syscall(SYS_ioprio_get, kOfProcess, bundle.Pid()) == (kBestEffort << 13 | 6));
}

BOOST_AUTO_TEST_CASE(exec_runs_on_the_final_cpu_affinity) {
  bundle.config["process"]["execCPUAffinity"] = {{"initial", "0"}, {"final", "1"}};
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  BOOST_TEST(bundle.ExecOutputOf({"/bin/grep", "Cpus_allowed_list", "/proc/self/status"}) ==
             "Cpus_allowed_list:\t1");
}

// Without a final one the process keeps the initial one, with which it enters the cgroup.
BOOST_AUTO_TEST_CASE(exec_keeps_the_initial_cpu_affinity_where_there_is_no_final_one) {
  bundle.config["process"]["execCPUAffinity"] = {{"initial", "1"}};
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const auto cpus_of = [](const std::string& status) {
    const auto begin = status.find("Cpus_allowed_list:\t");
    return status.substr(begin, status.find('\n', begin) - begin);
  };
  const std::string all = cpus_of(ReadFile("/proc/" + std::to_string(bundle.Pid()) + "/status"));
  const std::string found = cpus_of(bundle.ExecOutputOf({"/bin/cat", "/proc/self/status"}));
  BOOST_TEST(all != "Cpus_allowed_list:\t1");  // it is of exec's processes alone
  // Before Linux 6.2 whoever enters a cgroup gets all CPUs of its cpuset.
  const bool is_reset = !IsKernelAtLeast(6, 2) && found == all;
  BOOST_TEST((is_reset || found == "Cpus_allowed_list:\t1"), found);
}

BOOST_AUTO_TEST_CASE(env_is_all_that_the_process_gets) {
  bundle.config["process"]["env"] = {"PATH=/bin", "A=1", "EMPTY="};
  const std::string found =
      bundle.OutputOf({"/bin/sh", "-c", "env | grep -v -e '^PWD=' -e SHLVL | sort"});
  BOOST_TEST(found.starts_with("A=1\nEMPTY=\n"), found);
  BOOST_TEST(found.find("AGENTBOX") == std::string::npos, found);
}

BOOST_AUTO_TEST_CASE(home_is_that_of_the_user_in_passwd) {
  bundle.config["process"]["user"] = {{"uid", 1000}, {"gid", 1000}};
  BOOST_TEST(bundle.OutputOf({"/bin/sh", "-c", "echo $HOME"}) == "/home/user");
}

BOOST_AUTO_TEST_CASE(a_missing_cwd_is_made) {
  bundle.config["process"]["cwd"] = "/made/for/it";
  BOOST_TEST(bundle.OutputOf({"/bin/pwd"}) == "/made/for/it");
}

BOOST_AUTO_TEST_CASE(args_are_found_in_the_path_of_the_container) {
  bundle.config["process"]["env"] = {"PATH=/usr/bin:/bin"};
  BOOST_TEST(bundle.OutputOf({"echo", "found"}) == "found");
}

BOOST_AUTO_TEST_CASE(signals_are_as_at_the_start_of_a_program) {
  const std::string found =
      bundle.OutputOf({"/bin/grep", "-e", "SigBlk", "-e", "SigIgn", "/proc/self/status"});
  BOOST_TEST(found == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000");
}

BOOST_AUTO_TEST_CASE(an_apparmor_profile_that_the_host_can_not_load_is_refused) {
  bundle.config["process"]["apparmorProfile"] = "no-such-profile";
  CheckFails(bundle.Run(), 1, "process.apparmorProfile");
}

BOOST_AUTO_TEST_CASE(an_selinux_label_without_selinux_is_refused) {
  bundle.config["process"]["selinuxLabel"] = "system_u:system_r:svirt_t:s0";
  CheckFails(bundle.Run(), 1, "process.selinuxLabel");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
