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

std::string JsonOf(const container::ContainerView& view) {
  json::Writer writer;
  WriteView(writer, view);
  return std::move(writer).Take();
}

BOOST_AUTO_TEST_SUITE(view)

BOOST_AUTO_TEST_CASE(a_container_is_shown_with_the_members_and_order_of_runc) {
  container::ContainerView view = Example();
  BOOST_TEST(JsonOf(view) ==
             R"({"ociVersion":"1.2.0","id":"c1","pid":42,"status":"running","bundle":"/b",)"
             R"("rootfs":"/b/rootfs","created":"2026-01-02T03:04:05.6Z","owner":"root"})");
  view.state.annotations = {{"a", "b"}};
  BOOST_TEST(JsonOf(view).find(R"("annotations":{"a":"b"},"owner")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stopped_container_has_no_pid) {
  container::ContainerView view = Example();
  view.status = container::Status::kStopped;
  BOOST_TEST(JsonOf(view).find(R"("pid":0,"status":"stopped")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(columns_are_as_wide_as_runcs) {
  BOOST_TEST(Table({{"ID", "PID"}}) == "ID          PID\n");
  BOOST_TEST(Table({{"ID", "PID"}, {"a-long-name", "1"}}) ==
             "ID            PID\na-long-name   1\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::cli
