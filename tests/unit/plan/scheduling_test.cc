#include "plan/scheduling.h"

#include <linux/mempolicy.h>
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>

namespace agentbox::plan {
namespace {

template <typename T>
std::string ErrorOf(const Result<T>& result) {
  return result ? "no error" : result.error().ToString();
}

std::string SchedulerError(const spec::Scheduler& scheduler) {
  return ErrorOf(PlanScheduler(scheduler, "s"));
}

std::vector<unsigned> Numbers(const std::string& list) {
  auto numbers = ReadNumberList(list, 100, "l");
  BOOST_REQUIRE(numbers.has_value());
  return *numbers;
}

BOOST_AUTO_TEST_SUITE(scheduling)

BOOST_AUTO_TEST_CASE(a_limit_is_known_by_name_and_in_order_and_once) {
  const auto steps = PlanRlimits({{"RLIMIT_NOFILE", 10, RLIM_INFINITY}}, "r");
  BOOST_REQUIRE(steps.has_value());
  BOOST_TEST(steps->front().resource == static_cast<int>(RLIMIT_NOFILE));
  BOOST_TEST(steps->front().origin == "r[0]");
  BOOST_TEST(ErrorOf(PlanRlimits({{"NOFILE", 1, 1}}, "r")) ==
             "r[0].type: \"NOFILE\" is not a resource limit");
  BOOST_TEST(ErrorOf(PlanRlimits({{"RLIMIT_CPU", 2, 1}}, "r")) ==
             "r[0].soft: 2 is above the hard limit");
  BOOST_TEST(ErrorOf(PlanRlimits({{"RLIMIT_CPU", 1, 1}, {"RLIMIT_CPU", 1, 1}}, "r")) ==
             "r[1].type: RLIMIT_CPU is there already");
}

BOOST_AUTO_TEST_CASE(what_a_policy_has_no_use_for_is_refused) {
  BOOST_TEST(SchedulerError({.policy = "SCHED_BATCH", .nice = 19}) == "no error");
  BOOST_TEST(SchedulerError({.policy = "SCHED_FIFO", .priority = 99}) == "no error");
  BOOST_TEST(SchedulerError({.policy = "SCHED_DEADLINE", .runtime = 1, .deadline = 2}) ==
             "no error");
  BOOST_TEST(SchedulerError({.policy = "SCHED_FIFO", .nice = 1, .priority = 1}) ==
             "s.nice: has no meaning for SCHED_FIFO");
  BOOST_TEST(SchedulerError({.policy = "SCHED_OTHER", .priority = 1}) ==
             "s.priority: has no meaning for SCHED_OTHER");
  BOOST_TEST(SchedulerError({.policy = "SCHED_RR"}) == "s.priority: 0 is not between 1 and 99");
  BOOST_TEST(SchedulerError({.policy = "SCHED_OTHER", .nice = -21}) ==
             "s.nice: -21 is not between -20 and 19");
  BOOST_TEST(SchedulerError({.policy = "SCHED_IDLE", .period = 1}) ==
             "s: runtime, deadline and period have no meaning for SCHED_IDLE");
  BOOST_TEST(SchedulerError({.policy = "SCHED_ISO"})
                 .starts_with("s.policy: \"SCHED_ISO\" is not one of SCHED_OTHER, "));
  BOOST_TEST(SchedulerError({.policy = "SCHED_OTHER", .flags = {"X"}})
                 .starts_with("s.flags[0]: \"X\" is not one of "));
}

BOOST_AUTO_TEST_CASE(an_io_priority_is_a_class_and_a_level) {
  BOOST_TEST((PlanIoPriority({"IOPRIO_CLASS_BE", 4}, "i") == (2 << 13) + 4));
  BOOST_TEST(ErrorOf(PlanIoPriority({"IOPRIO_CLASS_BE", 8}, "i")) ==
             "i.priority: 8 is not between 0 and 7");
  BOOST_TEST(ErrorOf(PlanIoPriority({"BE", 0}, "i")).starts_with("i.class: \"BE\" is not one of"));
}

BOOST_AUTO_TEST_CASE(lists_of_numbers_are_ranges_and_numbers) {
  BOOST_TEST(Numbers("0-3,7") == (std::vector<unsigned>{0, 1, 2, 3, 7}));
  BOOST_TEST(Numbers("7, 5-6,6") == (std::vector<unsigned>{5, 6, 7}));
  BOOST_TEST(Numbers("").empty());
  for (const char* const list : {"a", "1-", "-1", "3-1", "1,,2", "101", "0-4294967295", "1-2-3"}) {
    BOOST_TEST(!ReadNumberList(list, 100, "l").has_value(), list);
  }
}

BOOST_AUTO_TEST_CASE(a_memory_policy_has_nodes_where_it_needs_them) {
  const auto step = PlanMemoryPolicy({"MPOL_BIND", "0-1", {"MPOL_F_STATIC_NODES"}}, "m");
  BOOST_REQUIRE(step.has_value());
  BOOST_TEST(step->mode == (MPOL_BIND | MPOL_F_STATIC_NODES));
  BOOST_TEST(step->nodes == (std::vector<unsigned>{0, 1}));
  BOOST_TEST(ErrorOf(PlanMemoryPolicy({"MPOL_BIND", "", {}}, "m")) ==
             "m.nodes: MPOL_BIND needs them");
  BOOST_TEST(ErrorOf(PlanMemoryPolicy({"MPOL_LOCAL", "0", {}}, "m")) ==
             "m.nodes: have no meaning for MPOL_LOCAL");
  BOOST_TEST(ErrorOf(PlanMemoryPolicy({"BIND", "0", {}}, "m")).starts_with("m.mode: \"BIND\""));
}

BOOST_AUTO_TEST_CASE(a_personality_is_one_of_two_without_flags) {
  BOOST_TEST((PlanPersonality({"LINUX32", {}}, "p") == 8UL));
  BOOST_TEST((PlanPersonality({"LINUX", {}}, "p") == 0UL));
  BOOST_TEST(ErrorOf(PlanPersonality({"LINUX", {"READ_IMPLIES_EXEC"}}, "p")) ==
             "p.flags[0]: runtime-spec defines no flags");
  BOOST_TEST(ErrorOf(PlanPersonality({"BSD", {}}, "p")).starts_with("p.domain: \"BSD\""));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
