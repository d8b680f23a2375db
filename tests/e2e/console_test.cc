// Terminals: in the foreground, and sent to an engine over its console socket.
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"
#include "support/console_socket.h"
#include "support/terminal.h"

namespace agentbox::test {
namespace {

struct Console : Box {
  std::vector<std::string> RunLine() {
    bundle.config["process"]["terminal"] = true;
    bundle.WriteConfig();
    return {AgentboxPath(), "--root", bundle.Root(), "run", "--bundle", bundle.Path(), bundle.Id()};
  }

  std::vector<std::string> ExecLine(const std::vector<std::string>& args) const {
    std::vector<std::string> all = {
        AgentboxPath(), "--root", bundle.Root(), "exec", "-t", bundle.Id()};
    all.insert(all.end(), args.begin(), args.end());
    return all;
  }
};

BOOST_FIXTURE_TEST_SUITE(console, Console)

BOOST_AUTO_TEST_CASE(run_gives_a_terminal_of_the_containers_own) {
  bundle.Args({"/bin/sh", "-c", "tty; guest window-size; ls /dev/pts; echo done"});
  Terminal run(RunLine());
  BOOST_TEST(run.Expect("/dev/pts/0"));
  BOOST_TEST(run.Expect("24 80"));
  BOOST_TEST(run.Expect("done"));
  BOOST_TEST(run.Wait() == 0);
}

BOOST_AUTO_TEST_CASE(the_console_has_the_size_of_config_json) {
  bundle.config["process"]["consoleSize"] = {{"height", 40}, {"width", 132}};
  bundle.config["process"]["terminal"] = true;
  bundle.Args({"/bin/guest", "window-size"});
  const ConsoleSocket socket(bundle.Directory() + "/console");
  BOOST_REQUIRE(bundle.Create({"--console-socket", socket.Path()}).status == 0);
  std::string name;
  ReceivedTerminal screen(socket.Receive(name));
  BOOST_TEST(bundle.Start().status == 0);
  BOOST_TEST(screen.Expect("40 132"));
}

BOOST_AUTO_TEST_CASE(dev_console_is_the_terminal) {
  bundle.Args({"/bin/sh", "-c", "echo to-console > /dev/console"});
  Terminal run(RunLine());
  BOOST_TEST(run.Expect("to-console"));
  run.Wait();
}

BOOST_AUTO_TEST_CASE(a_resize_is_passed_on) {
  bundle.Args(
      {"/bin/sh", "-c", "trap 'guest window-size' WINCH; echo ready; while :; do sleep 0.1; done"});
  Terminal run(RunLine());
  BOOST_TEST(run.Expect("ready"));
  run.Resize(50, 100);
  BOOST_TEST(run.Expect("50 100"));
}

BOOST_AUTO_TEST_CASE(control_c_reaches_the_foreground_of_the_container) {
  bundle.Args({"/bin/sh",
               "-c",
               "trap 'echo interrupted; exit 9' INT; echo ready; while :; do sleep 0.1; done"});
  Terminal run(RunLine());
  BOOST_TEST(run.Expect("ready"));
  run.Type("\x03");
  BOOST_TEST(run.Expect("interrupted"));
  BOOST_TEST(run.Wait() == 9);
}

BOOST_AUTO_TEST_CASE(what_is_typed_is_read) {
  bundle.Args({"/bin/sh", "-c", "read line; echo got-$line"});
  Terminal run(RunLine());
  run.Type("hello\n");
  BOOST_TEST(run.Expect("got-hello"));
  BOOST_TEST(run.Wait() == 0);
}

BOOST_AUTO_TEST_CASE(exec_gives_a_terminal_too) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  Terminal exec(
      ExecLine({"/bin/sh", "-c", "tty; guest window-size; read line; echo got-$line; exit 5"}));
  BOOST_TEST(exec.Expect("/dev/pts/"));
  BOOST_TEST(exec.Expect("24 80"));
  exec.Type("x\n");
  BOOST_TEST(exec.Expect("got-x"));
  BOOST_TEST(exec.Wait() == 5);
}

BOOST_AUTO_TEST_CASE(job_control_works) {
  bundle.Args({"/bin/sh"});
  Terminal run(RunLine());
  BOOST_TEST(run.Expect("# "));
  // A stop character throws away what is not yet read, so it comes after the command runs.
  run.Type("sh -c 'echo g''o; exec sleep 1000'\n");
  BOOST_TEST(run.Expect("go\r\n"));
  run.Type("\x1a");
  BOOST_TEST(run.Expect("Stopped"));
  run.Type("kill -9 %1; wait %1; echo en''ded\n");
  BOOST_TEST(run.Expect("ended\r\n"));
  // The first may be answered by a reminder of the stopped job.
  run.Type("exit 3\nexit 3\n");
  BOOST_TEST(run.Wait() == 3);
}

BOOST_AUTO_TEST_CASE(create_sends_the_terminal_to_the_console_socket) {
  bundle.config["process"]["terminal"] = true;
  bundle.Args({"/bin/sh", "-c", "tty; read line; echo got-$line"});
  const ConsoleSocket socket(bundle.Directory() + "/console");
  BOOST_REQUIRE(bundle.Create({"--console-socket", socket.Path()}).status == 0);
  std::string name;
  UniqueFd controller = socket.Receive(name);
  BOOST_REQUIRE(static_cast<bool>(controller));
  BOOST_TEST(name != "");
  ReceivedTerminal screen(std::move(controller));
  BOOST_TEST(bundle.Start().status == 0);
  BOOST_TEST(screen.Expect("/dev/pts/0"));
  screen.Type("line\n");
  BOOST_TEST(screen.Expect("got-line"));
}

BOOST_AUTO_TEST_CASE(exec_sends_its_terminal_to_a_console_socket) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const ConsoleSocket socket(bundle.Directory() + "/console");
  const Outcome outcome = bundle.Exec({"/bin/sh", "-c", "tty; read line"},
                                      {"-t", "-d", "--console-socket", socket.Path()});
  BOOST_TEST(outcome.status == 0, outcome.errors);
  std::string name;
  ReceivedTerminal screen(socket.Receive(name));
  BOOST_TEST(screen.Expect("/dev/pts/"));
  screen.Type("x\n");
}

BOOST_AUTO_TEST_CASE(
    a_detached_terminal_without_a_socket_and_a_socket_without_terminal_are_refused) {
  bundle.config["process"]["terminal"] = true;
  CheckFails(bundle.Create(), 1, "console");
  bundle.config["process"]["terminal"] = false;
  CheckFails(bundle.Create({"--console-socket", "/tmp/none"}), 1, "console");
  CheckNothingLeft(bundle);
}

// CVE-2017-5226 and its like: input pushed into the caller's terminal would run outside.
BOOST_AUTO_TEST_CASE(nothing_can_be_pushed_into_the_callers_terminal) {
  bundle.Args({"/bin/sh", "-c", "guest push-input; echo end"});
  Terminal run(RunLine());
  BOOST_TEST(run.Expect("end"));
  BOOST_TEST(run.Wait() == 0);
  BOOST_TEST(run.Screen().find('x') == std::string::npos);
}

// The same where the container has no terminal, but standard streams that are the caller's, or
// where it looks for that of the session.
BOOST_AUTO_TEST_CASE(without_a_terminal_the_callers_is_not_the_containers) {
  const std::string look = "(: < /dev/tty) || echo none; guest push-input; echo end";
  bundle.config["process"]["terminal"] = false;
  bundle.Args({"/bin/sh", "-c", look + "; exec sleep 1000"});
  bundle.WriteConfig();
  Terminal run({AgentboxPath(), "--root", bundle.Root(), "run", "-b", bundle.Path(), bundle.Id()});
  BOOST_TEST(run.Expect("none"), run.Screen());
  BOOST_TEST(run.Expect("end"));
  Terminal exec({AgentboxPath(), "--root", bundle.Root(), "exec", bundle.Id(), "sh", "-c", look});
  BOOST_TEST(exec.Expect("none"), exec.Screen());
  BOOST_TEST(exec.Expect("end"));
  BOOST_TEST(exec.Wait() == 0);
  BOOST_TEST(run.Screen().find('x') == std::string::npos);
  BOOST_TEST(exec.Screen().find('x') == std::string::npos);
}

// conmon ends a container that took too long by killing its process group: not its own, then.
BOOST_AUTO_TEST_CASE(the_process_leads_a_session_of_its_own) {
  bundle.config["process"]["terminal"] = false;
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  BOOST_TEST(::getsid(bundle.Pid()) == bundle.Pid());
  BOOST_TEST(::getpgid(bundle.Pid()) == bundle.Pid());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
