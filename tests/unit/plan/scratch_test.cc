#include "plan/scratch.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::plan {
namespace {

constexpr LimitMeans kNothing = {};
constexpr LimitMeans kQuota = {.has_project_quota = true, .has_images = false};
constexpr LimitMeans kImages = {.has_project_quota = false, .has_images = true};
constexpr std::uint64_t kGiB = 1ULL << 30U;

// The text of the plan without its beginning.
std::string Planned(std::optional<std::uint64_t> limit,
                    const LimitMeans& means,
                    policy::Policy policy = policy::DefaultPolicy()) {
  policy.disk_limit = limit;
  const auto scratch = PlanScratch(policy, means, "/var/lib/agentbox/x");
  if (!scratch) return scratch.error().ToString();
  return ToString(*scratch).substr(std::string("throwaway layers ").size());
}

policy::Policy InMemory(std::uint64_t size) {
  policy::Policy policy = policy::DefaultPolicy();
  policy.scratch = policy::ScratchKind::kTmpfs;
  policy.scratch_size = size;
  return policy;
}

BOOST_AUTO_TEST_SUITE(plan_scratch)

BOOST_AUTO_TEST_CASE(the_default_is_a_quota_or_nothing) {
  BOOST_TEST(Planned({}, kQuota) == "on disk, 32g at most by a project quota  [limits.disk]");
  for (const LimitMeans& means : {kNothing, kImages}) {
    BOOST_TEST(Planned({}, means) ==
               "on disk, without a limit (project quotas can not be had)  [limits.disk]");
  }
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_asked_for_is_held_by_what_there_is) {
  BOOST_TEST(Planned(kGiB, kQuota) == "on disk, 1g at most by a project quota  [limits.disk]");
  BOOST_TEST(Planned(kGiB, kImages) ==
             "on disk, in an image of 1g (project quotas can not be had)  [limits.disk]");
  BOOST_TEST(Planned(kGiB, kNothing) ==
             "in memory, in a tmpfs of 1g (neither project quotas nor images can be had)  "
             "[limits.disk]");
}

BOOST_AUTO_TEST_CASE(no_limit_can_be_asked_for) {
  for (const LimitMeans& means : {kNothing, kQuota, kImages})
    BOOST_TEST(Planned(0, means) == "on disk, without a limit  [limits.disk]");
}

BOOST_AUTO_TEST_CASE(in_memory_the_lower_limit_holds) {
  BOOST_TEST(Planned({}, kQuota, InMemory(0)) == "in memory, in a tmpfs  [limits.disk]");
  BOOST_TEST(Planned({}, kQuota, InMemory(kGiB)) == "in memory, in a tmpfs of 1g  [limits.disk]");
  BOOST_TEST(Planned(2 * kGiB, kQuota, InMemory(kGiB)) ==
             "in memory, in a tmpfs of 1g  [limits.disk]");
  BOOST_TEST(Planned(kGiB / 2, kQuota, InMemory(kGiB)) ==
             "in memory, in a tmpfs of 512m  [limits.disk]");
}

BOOST_AUTO_TEST_CASE(a_limit_has_room_for_the_layers_own_directories) {
  BOOST_TEST(Planned(1U << 20U, kImages) ==
             "limits.disk: 1m is less than 4m, which the layers' own directories need");
  BOOST_TEST(Planned(4U << 20U, kImages).starts_with("on disk, in an image of 4m"));
}

BOOST_AUTO_TEST_CASE(an_option_is_named_as_the_origin) {
  policy::Policy policy = policy::DefaultPolicy();
  policy.origins["limits.disk"] = "--disk";
  BOOST_TEST(Planned(kGiB, kQuota, policy) == "on disk, 1g at most by a project quota  [--disk]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
