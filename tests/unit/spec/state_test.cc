#include "spec/state.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::spec {
namespace {

State Running() {
  return {.oci_version = "1.3.0",
          .id = "c1",
          .status = "running",
          .pid = 42,
          .bundle = "/b",
          .annotations = {{"a", "\"1\""}}};
}

BOOST_AUTO_TEST_SUITE(spec_state)

BOOST_AUTO_TEST_CASE(hooks_get_one_line_in_the_order_of_the_specification) {
  BOOST_TEST(WriteState(Running()) ==
             R"({"ociVersion":"1.3.0","id":"c1","status":"running","pid":42,"bundle":"/b",)"
             R"("annotations":{"a":"\"1\""}})");
}

BOOST_AUTO_TEST_CASE(a_hook_sees_no_pid_where_there_is_no_process) {
  BOOST_TEST(
      WriteState(State{.oci_version = "1.3.0", .id = "c", .status = "stopped", .bundle = "/"}) ==
      R"({"ociVersion":"1.3.0","id":"c","status":"stopped","bundle":"/"})");
}

BOOST_AUTO_TEST_CASE(the_state_command_prints_what_runc_prints) {
  const ContainerState state = {Running(), "/b/rootfs", "2026-01-02T03:04:05.000000006Z", "root"};
  BOOST_TEST(WriteState(state) == R"({
  "ociVersion": "1.3.0",
  "id": "c1",
  "pid": 42,
  "status": "running",
  "bundle": "/b",
  "rootfs": "/b/rootfs",
  "created": "2026-01-02T03:04:05.000000006Z",
  "annotations": {
    "a": "\"1\""
  },
  "owner": "root"
})");
}

BOOST_AUTO_TEST_CASE(a_list_is_one_line_and_null_if_empty) {
  const ContainerState state = {
      {.oci_version = "1.3.0", .id = "c", .status = "stopped", .bundle = "/b"}, "/r", "t", ""};
  const std::string one = R"({"ociVersion":"1.3.0","id":"c","pid":0,"status":"stopped",)"
                          R"("bundle":"/b","rootfs":"/r","created":"t","owner":""})";
  BOOST_TEST(WriteList({state, state}) == "[" + one + "," + one + "]");
  BOOST_TEST(WriteList({}) == "null");
}

BOOST_AUTO_TEST_CASE(a_listener_gets_the_name_of_its_descriptor_and_the_state) {
  BOOST_TEST(WriteContainerProcessState({"1.3.0", 7, "m", Running()}) ==
             R"({"ociVersion":"1.3.0","fds":["seccompFd"],"pid":7,"metadata":"m","state":)" +
                 WriteState(Running()) + "}");
  const std::string plain = WriteContainerProcessState({"1.3.0", 7, "", Running()});
  BOOST_TEST(plain.find("metadata") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::spec
