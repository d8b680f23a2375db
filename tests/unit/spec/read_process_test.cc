#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "spec/read_config.h"
#include "unit/spec/config_text.h"

namespace agentbox::spec {
namespace {

// The error of a process of `members` alone.
std::string ErrorOfProcess(const std::string& members) {
  return ErrorOf(R"({"ociVersion": "1.3.0", "root": {"path": "rootfs"}, "process": {)" + members +
                 "}}");
}

BOOST_AUTO_TEST_SUITE(spec_read_process)

BOOST_AUTO_TEST_CASE(everything_of_a_process_is_read) {
  const auto config = ReadConfig(R"({"ociVersion": "1.3.0", "root": {"path": "r"}, "process": {
    "terminal": true, "consoleSize": {"height": 24, "width": 80},
    "user": {"uid": 1000, "gid": 1001, "umask": 18, "additionalGids": [5, 4294967294],
             "username": "me"},
    "args": ["sh", "-c", ""], "env": ["A=", "B=x=y"], "cwd": "/work",
    "noNewPrivileges": true, "apparmorProfile": "p", "selinuxLabel": "l", "oomScoreAdj": -1000,
    "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 7},
    "execCPUAffinity": {"initial": "0-3,7", "final": "1"}}})");
  BOOST_REQUIRE_MESSAGE(config, MessageOf(config));
  const Process& process = *config->process;
  BOOST_TEST(process.terminal);
  BOOST_TEST(process.console_size->height == 24);
  BOOST_TEST(process.console_size->width == 80);
  BOOST_TEST(process.user.uid == 1000U);
  BOOST_TEST(process.user.gid == 1001U);
  BOOST_TEST(process.user.umask.value() == 022U);
  BOOST_TEST((process.user.additional_gids == std::vector<std::uint32_t>{5, 4294967294}));
  BOOST_TEST(Join(process.args, "|") == "sh|-c|");
  BOOST_TEST(Join(process.env, "|") == "A=|B=x=y");
  BOOST_TEST(process.cwd == "/work");
  BOOST_TEST(process.no_new_privileges);
  BOOST_TEST(process.apparmor_profile + process.selinux_label == "pl");
  BOOST_TEST(process.oom_score_adj.value() == -1000);
  BOOST_TEST(process.io_priority->io_class == "IOPRIO_CLASS_BE");
  BOOST_TEST(process.io_priority->priority == 7);
  BOOST_TEST(process.exec_cpu_affinity->initial == "0-3,7");
  BOOST_TEST(process.exec_cpu_affinity->final == "1");
  BOOST_TEST(config->unknown_keys.empty());
}

BOOST_AUTO_TEST_CASE(capabilities_limits_and_scheduling_are_read) {
  const auto config = ReadConfig(WithProcess(R"(
    "capabilities": {"bounding": ["CAP_CHOWN", "CAP_FUTURE"], "effective": ["CAP_KILL"],
                     "inheritable": [], "permitted": ["CAP_KILL"], "ambient": null},
    "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 18446744073709551615},
                {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}],
    "scheduler": {"policy": "SCHED_DEADLINE", "nice": -20, "flags": ["SCHED_FLAG_RECLAIM"],
                  "runtime": 1, "deadline": 2, "period": 3})"));
  BOOST_REQUIRE_MESSAGE(config, MessageOf(config));
  const Process& process = *config->process;
  BOOST_TEST(Join(process.capabilities->bounding, " ") == "CAP_CHOWN CAP_FUTURE");
  BOOST_TEST(Join(process.capabilities->effective, " ") == "CAP_KILL");
  BOOST_TEST(Join(process.capabilities->permitted, " ") == "CAP_KILL");
  BOOST_TEST(process.capabilities->inheritable.empty());
  BOOST_TEST(process.capabilities->ambient.empty());
  BOOST_TEST(process.rlimits.at(0).type == "RLIMIT_NOFILE");
  BOOST_TEST(process.rlimits.at(0).soft == 1024U);
  BOOST_TEST(process.rlimits.at(0).hard == UINT64_MAX);
  BOOST_TEST(process.scheduler->policy == "SCHED_DEADLINE");
  BOOST_TEST(process.scheduler->nice == -20);
  BOOST_TEST(process.scheduler->flags.at(0) == "SCHED_FLAG_RECLAIM");
  BOOST_TEST(process.scheduler->runtime == 1U);
  BOOST_TEST(process.scheduler->deadline == 2U);
  BOOST_TEST(process.scheduler->period == 3U);
}

BOOST_AUTO_TEST_CASE(a_user_id_that_is_no_number_is_never_root) {
  BOOST_TEST(ErrorOfProcess(R"("user": {"uid": "1000", "gid": 0})") ==
             "process.user.uid: expected an unsigned integer, found the string \"1000\"");
  BOOST_TEST(ErrorOfProcess(R"("user": {"uid": "zero", "gid": 0})") ==
             "process.user.uid: expected an unsigned integer, found the string \"zero\"");
  BOOST_TEST(ErrorOfProcess(R"("user": {"uid": null, "gid": 0})") ==
             "process.user.uid: is required");
  BOOST_TEST(ErrorOfProcess(R"("user": {"uid": 1e3, "gid": 0})") ==
             "process.user.uid: expected an unsigned integer, found the number 1e3");
  BOOST_TEST(ErrorOfProcess(R"("user": {"uid": -1, "gid": 0})") ==
             "process.user.uid: expected an unsigned integer from 0 to 4294967295, found the "
             "number -1");
  BOOST_TEST(
      ErrorOfProcess(R"("user": {"uid": 4294967295, "gid": 0}, "args": ["a"], "cwd": "/")") ==
      "process.user.uid: expected an integer from 0 to 4294967294, found 4294967295");
  BOOST_TEST(ErrorOfProcess(R"("user": {"uid": 1, "gid": 4294967296})") ==
             "process.user.gid: expected an unsigned integer from 0 to 4294967295, found the "
             "number 4294967296");
  BOOST_TEST(ErrorOfProcess(R"("user": {"uid": 1, "gid": 1, "additionalGids": [1, "2"]})") ==
             "process.user.additionalGids[1]: expected an unsigned integer, found the string "
             "\"2\"");
  BOOST_TEST(ErrorOfProcess(R"("user": 0)") ==
             "process.user: expected an object, found the number 0");
}

BOOST_AUTO_TEST_CASE(a_wrong_type_is_an_error_with_its_path) {
  BOOST_TEST(ErrorOf(WithProcess(R"("terminal": "yes")")) ==
             "process.terminal: expected true or false, found the string \"yes\"");
  BOOST_TEST(ErrorOf(WithProcess(R"("noNewPrivileges": 1)")) ==
             "process.noNewPrivileges: expected true or false, found the number 1");
  BOOST_TEST(ErrorOf(WithProcess(R"("consoleSize": {"height": 65536, "width": 1})")) ==
             "process.consoleSize.height: expected an unsigned integer from 0 to 65535, found the "
             "number 65536");
  BOOST_TEST(ErrorOf(WithProcess(R"("env": "A=1")")) ==
             "process.env: expected a list, found the string \"A=1\"");
  BOOST_TEST(ErrorOf(WithProcess(R"("capabilities": ["CAP_CHOWN"])")) ==
             "process.capabilities: expected an object, found a list");
  BOOST_TEST(ErrorOf(WithProcess(R"("capabilities": {"bounding": "CAP_CHOWN"})")) ==
             "process.capabilities.bounding: expected a list, found the string \"CAP_CHOWN\"");
  BOOST_TEST(ErrorOf(WithProcess(R"("oomScoreAdj": 1.5)")) ==
             "process.oomScoreAdj: expected an integer, found the number 1.5");
  BOOST_TEST(ErrorOf(WithProcess(R"("rlimits": [{"type": "RLIMIT_AS", "soft": -1, "hard": 1}])")) ==
             "process.rlimits[0].soft: expected an unsigned integer from 0 to "
             "18446744073709551615, found the number -1");
  BOOST_TEST(ErrorOf(WithProcess(R"("rlimits": [{"type": "RLIMIT_AS", "soft": 1}])")) ==
             "process.rlimits[0].hard: is required");
  BOOST_TEST(ErrorOf(WithProcess(R"("execCPUAffinity": {"initial": 0})")) ==
             "process.execCPUAffinity.initial: expected a string, found the number 0");
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_an_error_that_lists_the_known_ones) {
  BOOST_TEST(
      ErrorOf(WithProcess(R"("rlimits": [{"type": "NOFILE", "soft": 1, "hard": 1}])")) ==
      "process.rlimits[0].type: \"NOFILE\" is not a resource limit (RLIMIT_AS, RLIMIT_CORE, "
      "RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, "
      "RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RSS, RLIMIT_RTPRIO, RLIMIT_RTTIME, "
      "RLIMIT_SIGPENDING, RLIMIT_STACK)");
  BOOST_TEST(ErrorOf(WithProcess(R"("scheduler": {"policy": "SCHED_NONE"})")) ==
             "process.scheduler.policy: \"SCHED_NONE\" is not a scheduling policy (SCHED_OTHER, "
             "SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_ISO, SCHED_IDLE, SCHED_DEADLINE)");
  BOOST_TEST(
      ErrorOf(WithProcess(R"("scheduler": {"policy": "SCHED_RR", "flags": ["X"]})"))
          .starts_with("process.scheduler.flags[0]: \"X\" is not a scheduling flag (SCHED_"));
  BOOST_TEST(ErrorOf(WithProcess(R"("ioPriority": {"class": "be"})")) ==
             "process.ioPriority.class: \"be\" is not an I/O scheduling class (IOPRIO_CLASS_RT, "
             "IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE)");
}

BOOST_AUTO_TEST_CASE(the_program_and_its_directory_are_checked) {
  const std::string user = R"("user": {"uid": 0, "gid": 0}, )";
  BOOST_TEST(ErrorOfProcess(user + R"("cwd": "/")") == "process.args: names no program to run");
  BOOST_TEST(ErrorOfProcess(user + R"("cwd": "/", "args": [])") ==
             "process.args: names no program to run");
  BOOST_TEST(ErrorOfProcess(user + R"("args": ["a"])") == "process.cwd: is required");
  BOOST_TEST(ErrorOfProcess(user + R"("cwd": "", "args": ["a"])") ==
             "process.cwd: \"\" is not an absolute path");
  BOOST_TEST(ErrorOfProcess(user + R"("cwd": "tmp", "args": ["a"])") ==
             "process.cwd: \"tmp\" is not an absolute path");
}

BOOST_AUTO_TEST_CASE(the_rules_of_a_process_are_kept) {
  BOOST_TEST(ErrorOf(WithProcess(R"("env": ["A=1", "B"])")) ==
             "process.env[1]: \"B\" is not NAME=value");
  BOOST_TEST(ErrorOf(WithProcess(R"("env": ["=x"])")) ==
             "process.env[0]: \"=x\" is not NAME=value");
  BOOST_TEST(ErrorOf(WithProcess(R"("rlimits": [{"type": "RLIMIT_AS", "soft": 1, "hard": 1},
                                   {"type": "RLIMIT_AS", "soft": 1, "hard": 1}])")) ==
             "process.rlimits[1]: RLIMIT_AS is there twice, also as process.rlimits[0]");
  BOOST_TEST(ErrorOf(WithProcess(R"("rlimits": [{"type": "RLIMIT_AS", "soft": 2, "hard": 1}])")) ==
             "process.rlimits[0]: the soft limit 2 is above the hard limit 1");
  BOOST_TEST(ErrorOf(WithProcess(R"("oomScoreAdj": 1001)")) ==
             "process.oomScoreAdj: expected an integer from -1000 to 1000, found 1001");
  BOOST_TEST(ErrorOf(WithProcess(R"("ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 8})")) ==
             "process.ioPriority.priority: expected an integer from 0 to 7, found 8");
  BOOST_TEST(ErrorOf(WithProcess(R"("scheduler": {"policy": "SCHED_BATCH", "nice": 20})")) ==
             "process.scheduler.nice: expected an integer from -20 to 19, found 20");
  BOOST_TEST(ErrorOf(WithProcess(R"("scheduler": {"policy": "SCHED_OTHER", "priority": 1})")) ==
             "process.scheduler.priority: is only for SCHED_FIFO and SCHED_RR");
  BOOST_TEST(ErrorOf(WithProcess(R"("scheduler": {"policy": "SCHED_FIFO"})")) ==
             "process.scheduler.priority: expected an integer from 1 to 99, found 0");
  BOOST_TEST(ErrorOf(WithProcess(R"("scheduler": {"policy": "SCHED_OTHER", "runtime": 1})")) ==
             "process.scheduler: runtime, deadline and period are only for SCHED_DEADLINE");
  BOOST_TEST(ErrorOfProcess(R"("user": {"uid": 0, "gid": 0, "umask": 512}, "cwd": "/",
                               "args": ["a"])") ==
             "process.user.umask: expected an integer from 0 to 511, found 512");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::spec
