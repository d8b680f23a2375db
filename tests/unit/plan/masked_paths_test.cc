#include "plan/masked_paths.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::plan {
namespace {

BOOST_AUTO_TEST_SUITE(plan_masked_paths)

BOOST_AUTO_TEST_CASE(the_policy_adds_to_what_config_json_masks) {
  spec::Config config;
  config.linux_ = spec::Linux{};
  config.linux_->masked_paths = {"/proc/kcore", "/proc//keys/"};
  config.linux_->readonly_paths = {"/proc/sys"};
  policy::Policy policy;
  policy.masked_paths = {"/proc/keys", "/sys/firmware"};
  const auto plan = PlanMaskedPaths(config, policy);
  BOOST_REQUIRE(plan);
  BOOST_REQUIRE(plan->masked.size() == 3U);
  BOOST_TEST(plan->masked[1].path == "/proc/keys");
  BOOST_TEST(plan->masked[1].origin == "linux.maskedPaths[1]");
  BOOST_TEST(plan->masked[2].origin == "policy paths.masked");
  BOOST_TEST(plan->read_only.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_path_is_absolute_and_not_the_root) {
  spec::Config config;
  config.linux_ = spec::Linux{};
  config.linux_->readonly_paths = {"/"};
  BOOST_TEST(PlanMaskedPaths(config, {}).error().ToString() ==
             "linux.readonlyPaths[0]: \"/\" is not an absolute path below \"/\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
