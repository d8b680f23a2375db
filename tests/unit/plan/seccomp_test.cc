#include "plan/seccomp.h"

#include <linux/seccomp.h>

#include <cerrno>

#include <boost/test/unit_test.hpp>

namespace agentbox::plan {
namespace {

Result<SeccompPlan> Plan(const spec::Seccomp& seccomp) {
  spec::Config config;
  config.linux_.emplace().seccomp = seccomp;
  return PlanSeccomp(config, policy::DefaultPolicy());
}

// The engine's filter as text, or the error.
std::string PlanOf(const spec::Seccomp& seccomp) {
  const auto plan = Plan(seccomp);
  return plan ? ToString(plan->filters.at(1)) : plan.error().ToString();
}

spec::Seccomp WithRules(std::vector<spec::SeccompRule> rules) {
  return {.default_action = "SCMP_ACT_ERRNO", .syscalls = std::move(rules)};
}

BOOST_AUTO_TEST_SUITE(seccomp)

BOOST_AUTO_TEST_CASE(ours_is_loaded_first_and_alone_where_the_engine_has_none) {
  const auto plan = PlanSeccomp(spec::Config(), policy::DefaultPolicy());
  BOOST_REQUIRE(plan.has_value());
  BOOST_TEST(plan->filters.size() == 1U);
  BOOST_TEST(plan->filters[0].origin == "profile dev");
}

BOOST_AUTO_TEST_CASE(rules_are_ordered_so_that_the_first_that_fits_decides) {
  const spec::SeccompArgument is_one = {.index = 0, .value = 1, .op = "SCMP_CMP_EQ"};
  const spec::SeccompArgument is_low = {.index = 0, .value = 9, .op = "SCMP_CMP_LT"};
  BOOST_TEST(PlanOf(WithRules({
                 {{"socket"}, "SCMP_ACT_ALLOW", {}, {is_low}},
                 {{"socket"}, "SCMP_ACT_ERRNO", 22, {is_one}},
                 {{"read", "clone"}, "SCMP_ACT_ALLOW", {}, {}},
                 {{"clone"}, "SCMP_ACT_KILL_PROCESS", {}, {is_one}},
                 {{"read"}, "SCMP_ACT_LOG", {}, {}},
             })) ==
             "filter: otherwise EPERM  [linux.seccomp]\n"
             "flag SECCOMP_FILTER_FLAG_SPEC_ALLOW\n"
             "clone: ALLOW\n"
             "read: ALLOW\n"
             "socket: EINVAL if arg0 == 1\n"
             "socket: ALLOW if arg0 < 9\n");
}

BOOST_AUTO_TEST_CASE(an_argument_named_twice_makes_two_rules_and_others_are_all_to_hold) {
  const spec::SeccompArgument first = {.index = 0, .value = 1, .op = "SCMP_CMP_EQ"};
  const spec::SeccompArgument again = {.index = 0, .value = 2, .op = "SCMP_CMP_EQ"};
  const spec::SeccompArgument masked = {
      .index = 1, .value = 7, .value_two = 3, .op = "SCMP_CMP_MASKED_EQ"};
  BOOST_TEST(PlanOf(WithRules({{{"a"}, "SCMP_ACT_ALLOW", {}, {first, again}},
                               {{"b"}, "SCMP_ACT_ALLOW", {}, {first, masked}}})) ==
             "filter: otherwise EPERM  [linux.seccomp]\n"
             "flag SECCOMP_FILTER_FLAG_SPEC_ALLOW\n"
             "a: ALLOW if arg0 == 1\n"
             "a: ALLOW if arg0 == 2\n"
             "b: ALLOW if arg0 == 1 and arg1 & 0x7 == 3\n");
}

BOOST_AUTO_TEST_CASE(an_error_names_the_entry) {
  const auto with_argument = [](const spec::SeccompArgument& argument) {
    return PlanOf(WithRules({{{"a"}, "SCMP_ACT_ALLOW", {}, {argument}}}));
  };
  BOOST_TEST(PlanOf({.default_action = "ALLOW"}) ==
             "linux.seccomp.defaultAction: \"ALLOW\" is not known");
  BOOST_TEST(PlanOf(WithRules({{{"a"}, "SCMP_ACT_ALLOW", 1, {}}})) ==
             "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_ALLOW has no errno");
  BOOST_TEST(PlanOf(WithRules({{{"a"}, "SCMP_ACT_ERRNO", 4096, {}}})) ==
             "linux.seccomp.syscalls[0].errnoRet: 4096 is not an errno");
  BOOST_TEST(with_argument({.index = 6, .op = "SCMP_CMP_EQ"}) ==
             "linux.seccomp.syscalls[0].args[0].index: 6 is not between 0 and 5");
  BOOST_TEST(with_argument({.index = 0, .op = "=="}) ==
             "linux.seccomp.syscalls[0].args[0].op: \"==\" is not known");
  BOOST_TEST(PlanOf({.default_action = "SCMP_ACT_ALLOW", .architectures = {"X86"}}) ==
             "linux.seccomp.architectures[0]: \"X86\" is not known");
  BOOST_TEST(PlanOf({.default_action = "SCMP_ACT_ALLOW", .flags = {"TSYNC"}}) ==
             "linux.seccomp.flags[0]: \"TSYNC\" is not known");
}

BOOST_AUTO_TEST_CASE(notifying_needs_somebody_to_notify) {
  spec::Seccomp seccomp = {.default_action = "SCMP_ACT_ALLOW",
                           .syscalls = {{{"mkdir"}, "SCMP_ACT_NOTIFY", {}, {}}}};
  BOOST_TEST(PlanOf(seccomp) ==
             "linux.seccomp.listenerPath: missing, while rules have SCMP_ACT_NOTIFY");
  seccomp.listener_path = "/run/agent.sock";
  const auto plan = Plan(seccomp);
  BOOST_REQUIRE(plan.has_value());
  BOOST_TEST(Notifies(plan->filters[1]));
  BOOST_TEST(plan->filters[1].listener_path == "/run/agent.sock");

  seccomp.syscalls[0].names.push_back("sendmsg");
  BOOST_TEST(PlanOf(seccomp).starts_with("linux.seccomp.syscalls[0].names[1]: SCMP_ACT_NOTIFY"));
  seccomp.default_action = "SCMP_ACT_NOTIFY";
  BOOST_TEST(PlanOf(seccomp) ==
             "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY can not be the default");
}

BOOST_AUTO_TEST_CASE(flags_are_those_of_the_kernel_and_spec_allow_where_there_are_none) {
  const auto flags = [](std::vector<std::string> names) {
    const auto plan = Plan({.default_action = "SCMP_ACT_ALLOW", .flags = std::move(names)});
    return plan ? plan->filters[1].flags : ~0U;
  };
  BOOST_TEST(flags({}) == unsigned{SECCOMP_FILTER_FLAG_SPEC_ALLOW});
  BOOST_TEST(flags({"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"}) ==
             (SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
