#include "plan/process.h"

#include <linux/capability.h>

#include <boost/test/unit_test.hpp>

#include "abi/capabilities.h"
#include "plan/capabilities.h"

namespace agentbox::plan {
namespace {

constexpr std::uint64_t kChown = abi::CapabilityBit(CAP_CHOWN);
constexpr std::uint64_t kKill = abi::CapabilityBit(CAP_KILL);

spec::Process Minimal() {
  return {.args = {"sh"}, .env = {"PATH=/bin"}, .cwd = "/"};
}

// The plan's text, or the error.
std::string PlanOf(const spec::Process& process, const HostFacts& facts = {}) {
  const auto plan = PlanProcess(process, spec::Config(), facts, "process");
  return plan ? ToString(*plan) : plan.error().ToString();
}

struct PlannedSets {
  CapabilitySets sets;
  std::vector<std::string> warnings;
};

PlannedSets SetsOf(const spec::Capabilities& capabilities, const HostFacts& facts = {}) {
  PlannedSets planned;
  planned.sets = PlanCapabilities(capabilities, facts, "process.capabilities", planned.warnings);
  return planned;
}

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(the_text_has_a_line_for_each_thing_that_is_set) {
  spec::Process process = Minimal();
  process.user = {.uid = 7, .gid = 8, .umask = 027, .additional_gids = {9, 10}};
  process.env = {"PATH=/bin", "TOKEN=a secret"};
  process.no_new_privileges = true;
  process.oom_score_adj = -5;
  BOOST_TEST(PlanOf(process) ==
             "run \"sh\"  [process.args]\n"
             "in /  [process.cwd]\n"
             "as 7:8 groups 9 10  [process.user]\n"
             "umask 0027  [process.user.umask]\n"
             "environment PATH TOKEN  [process.env]\n"
             "bounding none  [process.capabilities.bounding]\n"
             "permitted none  [process.capabilities.permitted]\n"
             "no new privileges  [process.noNewPrivileges]\n"
             "oom score -5  [process.oomScoreAdj]\n");
}

BOOST_AUTO_TEST_CASE(a_process_without_a_program_or_a_place_is_refused) {
  spec::Process process = Minimal();
  process.args.clear();
  BOOST_TEST(PlanOf(process) == "process.args: expected at least one string");
  process = Minimal();
  process.cwd = "work";
  BOOST_TEST(PlanOf(process) == "process.cwd: \"work\" is not an absolute path");
  process = Minimal();
  process.env.push_back("NAME");
  BOOST_TEST(PlanOf(process) == "process.env[1]: \"NAME\" is not NAME=VALUE");
  process = Minimal();
  process.args.push_back(std::string("a\0b", 3));
  BOOST_TEST(PlanOf(process) == "process.args[1]: has a NUL in it");
}

BOOST_AUTO_TEST_CASE(the_id_that_means_no_id_is_not_one) {
  spec::Process process = Minimal();
  process.user.uid = 4294967295;
  BOOST_TEST(PlanOf(process) == "process.user.uid: 4294967295 is not an id");
  process.user = {.additional_gids = {1, 4294967295}};
  BOOST_TEST(PlanOf(process) == "process.user.additionalGids[1]: 4294967295 is not an id");
  process.user = {.umask = 01000};
  BOOST_TEST(PlanOf(process) == "process.user.umask: 512 is above 0777");
}

BOOST_AUTO_TEST_CASE(a_label_needs_a_host_that_has_the_module) {
  spec::Process process = Minimal();
  process.apparmor_profile = "docker-default";
  BOOST_TEST(PlanOf(process) ==
             "process.apparmorProfile: \"docker-default\": this host has no AppArmor");
  BOOST_TEST(PlanOf(process, {.has_apparmor = true}).find("AppArmor profile docker-default") !=
             std::string::npos);
  process.apparmor_profile = "unconfined";
  BOOST_TEST(PlanOf(process).find("AppArmor") == std::string::npos);
  process.selinux_label = "system_u:system_r:container_t:s0";
  BOOST_TEST(PlanOf(process).ends_with("this host has no SELinux"));
}

BOOST_AUTO_TEST_CASE(no_capabilities_are_none_at_all) {
  const auto plan = PlanProcess(Minimal(), spec::Config(), HostFacts(), "process");
  BOOST_REQUIRE(plan.has_value());
  BOOST_TEST(plan->capabilities.bounding == 0U);
  BOOST_TEST(plan->capabilities.inheritable == 0U);
}

BOOST_AUTO_TEST_CASE(capabilities_that_are_not_there_are_left_out_with_a_warning) {
  const PlannedSets planned =
      SetsOf({.bounding = {"CAP_CHOWN", "CAP_FLY", "chown", "CAP_BPF"}}, {.last_capability = 37});
  BOOST_TEST(planned.sets.bounding == kChown);
  BOOST_TEST(planned.warnings ==
             (std::vector<std::string>{
                 "process.capabilities.bounding[1]: \"CAP_FLY\" is not a capability: left out",
                 "process.capabilities.bounding[2]: \"chown\" is not a capability: left out",
                 "process.capabilities.bounding[3]: \"CAP_BPF\" is not known to this kernel: left "
                 "out"}));
}

BOOST_AUTO_TEST_CASE(inheritable_stays_empty_unless_it_is_asked_for) {  // CVE-2022-29162
  const PlannedSets planned = SetsOf({.bounding = {"CAP_CHOWN", "CAP_KILL"},
                                      .effective = {"CAP_CHOWN"},
                                      .permitted = {"CAP_CHOWN"}});
  BOOST_TEST(planned.sets.inheritable == 0U);
  BOOST_TEST(planned.sets.bounding == (kChown | kKill));
  BOOST_TEST(planned.sets.effective == kChown);
  BOOST_TEST(planned.warnings.empty());
}

BOOST_AUTO_TEST_CASE(ambient_capabilities_are_permitted_and_inheritable_ones) {
  const PlannedSets planned = SetsOf({.bounding = {"CAP_CHOWN", "CAP_KILL"},
                                      .inheritable = {"CAP_CHOWN"},
                                      .permitted = {"CAP_CHOWN", "CAP_KILL"},
                                      .ambient = {"CAP_CHOWN", "CAP_KILL"}});
  BOOST_TEST(planned.sets.ambient == kChown);
  BOOST_TEST(planned.warnings ==
             std::vector<std::string>{"process.capabilities.ambient: CAP_KILL not both permitted "
                                      "and inheritable: left out"});
}

BOOST_AUTO_TEST_CASE(ambient_capabilities_of_a_build_have_no_effect) {
  const PlannedSets planned =
      SetsOf({.bounding = {"CAP_CHOWN"}, .permitted = {"CAP_CHOWN"}, .ambient = {"CAP_CHOWN"}});
  BOOST_TEST(planned.sets.ambient == 0U);
  BOOST_TEST(planned.warnings.empty());
}

BOOST_AUTO_TEST_CASE(effective_ones_are_permitted_and_inheritable_ones_bounded) {
  const PlannedSets planned = SetsOf({.bounding = {"CAP_CHOWN"},
                                      .effective = {"CAP_CHOWN", "CAP_KILL"},
                                      .inheritable = {"CAP_KILL"},
                                      .permitted = {"CAP_CHOWN"}});
  BOOST_TEST(planned.sets.effective == kChown);
  BOOST_TEST(planned.sets.inheritable == 0U);
  BOOST_TEST(planned.warnings.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
