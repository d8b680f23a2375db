#include "plan/resctrl.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::plan {
namespace {

std::string PlanOf(const spec::IntelRdt& rdt, bool has_resctrl = true) {
  spec::Config config;
  config.linux_ = spec::Linux{.intel_rdt = rdt};
  const auto plan = PlanResctrl(config, {.has_resctrl = has_resctrl}, "c1");
  if (!plan) return plan.error().ToString();
  return *plan ? ToString(**plan) : "none";
}

BOOST_AUTO_TEST_SUITE(plan_resctrl)

BOOST_AUTO_TEST_CASE(without_a_name_the_group_is_the_containers_own) {
  BOOST_TEST(PlanOf({.l3_cache_schema = "L3:0=f", .mem_bw_schema = "MB:0=20"}) ==
             "resctrl group c1, its own  [linux.intelRdt]\n"
             "  schemata L3:0=f\n"
             "  schemata MB:0=20\n");
}

BOOST_AUTO_TEST_CASE(a_named_group_may_be_anyones) {
  BOOST_TEST(PlanOf({.clos_id = "gold", .schemata = {"L2:0=1"}, .enable_monitoring = true}) ==
             "resctrl group gold, monitored  [linux.intelRdt]\n"
             "  schemata L2:0=1\n");
}

BOOST_AUTO_TEST_CASE(a_host_without_resctrl_is_an_error) {
  BOOST_TEST(PlanOf({}, false) ==
             "linux.intelRdt: the host has no resctrl file system (Intel RDT)");
}

BOOST_AUTO_TEST_CASE(a_schema_is_compared_by_its_numbers) {
  const std::string current = "    MB:0=100;1= 70\n    L3:0=00f;1=7ff\n";
  BOOST_TEST(IsSchemaIn("L3:0=f;1=7ff", current));
  BOOST_TEST(IsSchemaIn("L3:1=7ff", current));
  BOOST_TEST(IsSchemaIn("MB:1=70", current));
  BOOST_TEST(!IsSchemaIn("L3:0=ff", current));
  BOOST_TEST(!IsSchemaIn("L3:2=f", current));
  BOOST_TEST(!IsSchemaIn("L2:0=f", current));
  BOOST_TEST(!IsSchemaIn("nonsense", current));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
