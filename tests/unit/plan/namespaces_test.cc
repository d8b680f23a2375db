#include "plan/namespaces.h"

#include <sched.h>

#include <boost/test/unit_test.hpp>

namespace agentbox::plan {
namespace {

const std::vector<spec::Namespace> kUsual = {
    {"pid", ""}, {"network", ""}, {"ipc", ""}, {"uts", ""}};

std::string PlanOf(const std::vector<spec::Namespace>& namespaces,
                   const policy::Policy& policy = {},
                   const std::map<std::string, spec::TimeOffset>& offsets = {}) {
  spec::Config config;
  config.linux_ = spec::Linux{.namespaces = namespaces, .time_offsets = offsets};
  const auto plan = PlanNamespaces(config, policy);
  return plan ? ToString(*plan) : plan.error().ToString();
}

BOOST_AUTO_TEST_SUITE(plan_namespaces)

BOOST_AUTO_TEST_CASE(user_mount_and_cgroup_namespaces_are_made_unasked) {
  BOOST_TEST(PlanOf(kUsual) ==
             "user: new\nmount: new\npid: new\nnetwork: new\nipc: new\nuts: new\ncgroup: new\n"
             "time: the host's\n");
}

BOOST_AUTO_TEST_CASE(a_namespace_of_the_host_is_refused_with_the_key_that_allows_it) {
  const std::vector<spec::Namespace> host_network = {{"pid", ""}, {"ipc", ""}, {"uts", ""}};
  BOOST_TEST(PlanOf(host_network) ==
             "linux.namespaces: without a network namespace the container would share the host's; "
             "the policy key namespaces.host has to name \"network\" to allow it");
  policy::Policy policy;
  policy.host_namespaces = {"network"};
  BOOST_TEST(PlanOf(host_network, policy).find("network: the host's\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_path_is_joined) {
  auto namespaces = kUsual;
  namespaces[1].path = "/run/netns/a";
  BOOST_TEST(PlanOf(namespaces).find("network: joins /run/netns/a  [linux.namespaces[1]]\n") !=
             std::string::npos);
  namespaces[1].path = "netns/a";
  BOOST_TEST(PlanOf(namespaces) == "linux.namespaces[1].path: \"netns/a\" is not an absolute path");
}

BOOST_AUTO_TEST_CASE(unknown_and_repeated_types_are_named) {
  BOOST_TEST(
      PlanOf({{"foo", ""}}) ==
      "linux.namespaces[0].type: \"foo\" is not a namespace (user, mount, pid, network, ipc, "
      "uts, cgroup, time)");
  BOOST_TEST(PlanOf({{"pid", ""}, {"pid", ""}}) ==
             "linux.namespaces[1].type: \"pid\" is listed twice");
}

BOOST_AUTO_TEST_CASE(a_mount_namespace_is_not_joined) {
  BOOST_TEST(PlanOf({{"mount", "/proc/1/ns/mnt"}})
                 .starts_with("linux.namespaces[0].path: a sandbox does not join a mount"));
}

BOOST_AUTO_TEST_CASE(clocks_are_offset_in_a_new_time_namespace_only) {
  auto namespaces = kUsual;
  const std::map<std::string, spec::TimeOffset> offsets = {{"boottime", {-5, 7}}};
  BOOST_TEST(PlanOf(namespaces, {}, offsets) ==
             "linux.timeOffsets.boottime: linux.namespaces has no new time namespace to set it in");
  namespaces.push_back({"time", ""});
  BOOST_TEST(PlanOf(namespaces, {}, offsets)
                 .ends_with("time: new\nboottime: -5 s 7 ns  [linux.timeOffsets.boottime]\n"));
  BOOST_TEST(PlanOf(namespaces, {}, {{"realtime", {1, 0}}}) ==
             "linux.timeOffsets.realtime: not a clock that can be offset (monotonic, boottime)");
  BOOST_TEST(PlanOf(namespaces, {}, {{"monotonic", {0, 1'000'000'000}}}) ==
             "linux.timeOffsets.monotonic.nanosecs: expected less than 10^9");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
