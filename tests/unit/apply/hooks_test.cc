#include "apply/hooks.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace agentbox::apply {
namespace {

plan::HookStep Shell(const std::string& script) {
  return {.origin = "hooks.createRuntime[0]",
          .path = "/bin/sh",
          .args = {"sh", "-c", script},
          .env = {"A=b"}};
}

// The error of one hook that is a shell script; empty if it does not fail.
std::string RunScript(const std::string& script) {
  const auto run = RunHooks({Shell(script)}, {.state = "{\"id\":\"c1\"}", .directory = "/tmp"});
  return run ? "" : run.error().ToString();
}

const std::string kName = "hooks.createRuntime[0] (/bin/sh): ";

BOOST_AUTO_TEST_SUITE(hooks)

BOOST_AUTO_TEST_CASE(a_hook_reads_the_state_and_has_its_own_environment_and_directory) {
  BOOST_TEST(RunScript("test \"$(cat)\" = '{\"id\":\"c1\"}'") == "");
  BOOST_TEST(
      RunScript("test \"$(env | sort | tr '\\n' ' ')\" = 'A=b PWD=/tmp ' || { env; exit 1; }") ==
      "");
  BOOST_TEST(RunScript("test \"$(pwd)\" = /tmp") == "");
}

BOOST_AUTO_TEST_CASE(no_other_descriptor_reaches_a_hook) {
  BOOST_TEST(RunScript("for fd in 3 4 5 6 7 8 9 10 11 12; do "
                       "if test -e /proc/$$/fd/$fd; then echo $fd; exit 1; fi; done") == "");
}

BOOST_AUTO_TEST_CASE(the_error_has_the_status_and_what_the_hook_wrote) {
  BOOST_TEST(RunScript("echo no such device >&2; exit 3") ==
             kName + "exited with 3: \"no such device\"");
  BOOST_TEST(RunScript("exit 1") == kName + "exited with 1");
  BOOST_TEST(RunScript("kill -TERM $$") == kName + "was killed by SIGTERM");
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_an_error_with_its_errno) {
  plan::HookStep hook = Shell("");
  hook.path = "/nonexistent";
  const auto run = RunHooks({hook}, {});
  BOOST_REQUIRE(!run.has_value());
  BOOST_TEST(
      run.error().ToString() ==
      "hooks.createRuntime[0] (/nonexistent): execve(2): No such file or directory (ENOENT)");
}

BOOST_AUTO_TEST_CASE(a_hook_that_writes_much_neither_blocks_nor_fills_the_error) {
  const std::string error = RunScript(
      "i=0; while [ $i -lt 5000 ]; do echo 'some forty characters of a line of text'; "
      "i=$((i+1)); done; echo the end; exit 1");
  BOOST_TEST(error.size() < 3000);
  BOOST_TEST(error.ends_with("the end\""));
}

BOOST_AUTO_TEST_CASE(a_hook_that_does_not_read_the_state_does_no_harm) {
  const auto run = RunHooks({Shell("exec <&-; exit 0")}, {.state = std::string(1 << 20, 'x')});
  BOOST_TEST(run.has_value());
}

BOOST_AUTO_TEST_CASE(a_child_that_a_hook_leaves_behind_is_not_waited_for) {
  // The child ends when the pipe of its output is closed, which is after RunHooks.
  BOOST_TEST(RunScript("(trap '' HUP; while echo still here; do :; done) & exit 0") == "");
}

BOOST_AUTO_TEST_CASE(the_first_hook_that_fails_is_the_last_that_runs) {
  const auto run = RunHooks({Shell("exit 4"), Shell("exit 5")}, {});
  BOOST_REQUIRE(!run.has_value());
  BOOST_TEST(run.error().ToString() == kName + "exited with 4");
}

BOOST_AUTO_TEST_CASE(hooks_that_are_tried_all_run) {
  const auto errors = TryHooks({Shell("exit 4"), Shell("true"), Shell("exit 5")}, {});
  BOOST_REQUIRE(errors.size() == 2);
  BOOST_TEST(errors[1].ToString() == kName + "exited with 5");
}

BOOST_AUTO_TEST_CASE(a_hook_that_hangs_is_killed) {
  plan::HookStep hook = Shell("echo waiting; while :; do :; done");
  hook.timeout = 1;
  const auto run = RunHooks({hook}, {});
  BOOST_REQUIRE(!run.has_value());
  BOOST_TEST(run.error().ToString() == kName +
                                           "was killed as it did not end within 1 s: "
                                           "\"waiting\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::apply
