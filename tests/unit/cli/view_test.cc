#include "cli/view.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::cli {
namespace {

container::ContainerView Example() {
  container::ContainerView view;
  view.state.oci_version = "1.2.0";
  view.state.id = "c1";
  view.state.pid = 42;
  view.state.bundle = "/b";
  view.state.rootfs = "/b/rootfs";
  view.state.created = "2026-01-02T03:04:05.6Z";
  view.state.owner = "root";
  view.status = container::Status::kRunning;
  return view;
}

BOOST_AUTO_TEST_SUITE(view)

BOOST_AUTO_TEST_CASE(a_container_is_shown_as_its_state_file_says) {
  const spec::ContainerState shown = StateOf(Example());
  BOOST_TEST(shown.state.id == "c1");
  BOOST_TEST(shown.state.pid == 42);
  BOOST_TEST(shown.state.status == "running");
  BOOST_TEST(shown.state.bundle == "/b");
  BOOST_TEST(shown.rootfs == "/b/rootfs");
  BOOST_TEST(shown.owner == "root");
}

BOOST_AUTO_TEST_CASE(a_stopped_container_has_no_pid) {
  container::ContainerView view = Example();
  view.status = container::Status::kStopped;
  BOOST_TEST(StateOf(view).state.pid == 0);
}

BOOST_AUTO_TEST_CASE(columns_are_as_wide_as_runcs) {
  BOOST_TEST(Table({{"ID", "PID"}}) == "ID          PID\n");
  BOOST_TEST(Table({{"ID", "PID"}, {"a-long-name", "1"}}) ==
             "ID            PID\na-long-name   1\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::cli
