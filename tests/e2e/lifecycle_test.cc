// The commands on one container, from create to delete (runtime-spec, runtime.md#lifecycle).
#include <signal.h>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
