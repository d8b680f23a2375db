#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "plan/cgroup_resources.h"

namespace agentbox::plan {
namespace {

// The rules planned of `rules`, without those of the default devices unless `all`.
std::string RulesOf(const std::vector<spec::DeviceRule>& rules, bool all = false) {
  const auto plan = PlanDeviceAccess(rules);
  if (!plan) return plan.error().ToString();
  std::vector<std::string> lines;
  for (const DeviceAccess& rule : *plan) {
    if (all || rule.origin != "default devices") lines.push_back(ToString(rule));
  }
  return Join(lines, "; ");
}

BOOST_AUTO_TEST_SUITE(plan_cgroup_devices)

BOOST_AUTO_TEST_CASE(without_rules_there_are_the_default_devices) {
  BOOST_TEST(RulesOf({}, true) ==
             "deny all devices; allow c *:* m; allow b *:* m; allow c 1:3 rwm; allow c 1:5 rwm; "
             "allow c 1:7 rwm; allow c 1:8 rwm; allow c 1:9 rwm; allow c 5:0 rwm; allow c 5:1 rwm; "
             "allow c 5:2 rwm; allow c 136:* rwm");
}

BOOST_AUTO_TEST_CASE(rules_keep_their_order) {
  BOOST_TEST(RulesOf({{.allow = false, .access = "rwm"},
                      {.allow = true, .type = "c", .major = 10, .minor = 229, .access = "rwm"},
                      {.allow = false, .type = "b", .major = 8, .access = "wr"}}) ==
             "deny all devices; allow c 10:229 rwm; deny b 8:* rw");
}

BOOST_AUTO_TEST_CASE(what_comes_before_a_rule_for_all_is_void) {
  BOOST_TEST(RulesOf({{.allow = true, .type = "c", .major = 1, .access = "r"},
                      {.allow = true, .type = "a", .access = "rwm"}},
                     true) == "allow all devices");
}

BOOST_AUTO_TEST_CASE(a_part_of_all_is_a_part_of_each_kind) {
  BOOST_TEST(RulesOf({{.allow = true, .type = "a", .access = "m"}}) ==
             "deny all devices; allow b *:* m; allow c *:* m");
}

BOOST_AUTO_TEST_CASE(defaults_already_given_are_not_repeated) {
  const auto rules = PlanDeviceAccess({{.allow = false, .access = "rwm"},
                                       {.allow = true, .type = "c", .access = "m"},
                                       {.allow = true, .type = "b", .access = "m"},
                                       {.allow = true, .type = "c", .major = 1, .access = "rwm"}});
  BOOST_TEST(rules->size() == 4U + 4U);  // and 5:0, 5:1, 5:2, 136:*
}

BOOST_AUTO_TEST_CASE(a_denied_default_device_is_allowed_again) {
  BOOST_TEST(RulesOf({{.allow = false, .type = "c", .major = 1, .minor = 3, .access = "w"}}, true)
                 .find("deny c 1:3 w; allow c *:* m; allow b *:* m; allow c 1:3 rwm") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(writes_of_v1_say_the_same) {
  std::vector<std::string> lines;
  for (const CgroupWrite& write : DeviceWrites(Unwrap(PlanDeviceAccess({})))) {
    lines.push_back(ToString(write));
  }
  BOOST_TEST(lines.at(0) == "devices.deny = a");
  BOOST_TEST(lines.at(1) == "devices.allow = c *:* m");
  BOOST_TEST(lines.at(3) == "devices.allow = c 1:3 rwm");
  BOOST_TEST(lines.at(11) == "devices.allow = c 136:* rwm");
}

BOOST_AUTO_TEST_CASE(a_bad_rule_is_named) {
  BOOST_TEST(RulesOf({{.type = "x", .access = "r"}}) ==
             "linux.resources.devices[0].type: expected a, b or c, found \"x\"");
  BOOST_TEST(RulesOf({{.type = "c", .access = "rx"}}) ==
             "linux.resources.devices[0].access: expected letters of \"rwm\", found \"rx\"");
  BOOST_TEST(RulesOf({{.type = "c", .major = -2, .access = "r"}}) ==
             "linux.resources.devices[0].major: no device number: -2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
