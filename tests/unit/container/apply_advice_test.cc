#include "container/apply_advice.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

using review::Reason;

const AppliedHow kAll = {.name = "fox"};
const AppliedHow kSome = {.name = "fox", .has_paths = true};
const std::string kRemoves = "fox stays: agentbox discard fox removes it\n";

BOOST_AUTO_TEST_SUITE(apply_advice)

BOOST_AUTO_TEST_CASE(where_all_is_applied_there_is_none) {
  BOOST_TEST(ApplySummary({.applied = 2}, kAll) == "2 applied\n");
  BOOST_TEST(ApplyAdvice({.applied = 2}, kAll).empty());
  BOOST_TEST(ApplySummary({.applied = 2, .left_out = 1}, {.is_trial = true}) ==
             "2 to apply, 1 left out\n");
}

BOOST_AUTO_TEST_CASE(of_chosen_paths_it_says_that_the_rest_waits) {
  BOOST_TEST(ApplyAdvice({.applied = 1, .not_wanted = 2}, kSome) ==
             "fox stays: agentbox diff fox lists the rest\n");
  BOOST_TEST(ApplyAdvice({.not_wanted = 2}, {.name = "fox", .is_interactive = true}) == kRemoves);
  BOOST_TEST(
      ApplyAdvice({.not_wanted = 2}, {.name = "fox", .has_paths = true, .is_trial = true}).empty());
}

BOOST_AUTO_TEST_CASE(options_are_named_that_would_apply_it) {
  ApplyTally tally;
  tally.LeaveOut(Reason::kDevice, "d");
  BOOST_TEST(ApplyAdvice(tally, kAll) == kRemoves);
  tally.LeaveOut(Reason::kChanged, "f");
  BOOST_TEST(ApplyAdvice(tally, kAll) == "fox stays: --force applies what changed\n");
  BOOST_TEST(ApplyAdvice(tally, {.name = "fox", .force = true}) == kRemoves);
  tally.LeaveOut(Reason::kRunsLater, "g");
  BOOST_TEST(ApplyAdvice(tally, kAll) ==
             "fox stays: --allow-exec-config applies what runs code later, --force what changed\n");
  BOOST_TEST(ApplyAdvice({.left_out = 1, .other_trees = 1}, kAll) ==
             "fox stays: --other-tree applies to what is there now\n");
}

BOOST_AUTO_TEST_CASE(what_waits_for_its_new_name_is_applied_with_that) {
  for (const Reason reason : {Reason::kRenamed, Reason::kNotEmpty}) {
    ApplyTally tally = {.not_wanted = 1};
    tally.LeaveOut(reason, "d");
    BOOST_TEST(ApplyAdvice(tally, kSome) ==
               "fox stays: agentbox apply fox applies all, with what was renamed at its new "
               "place\n");
    // That was refused.
    tally.not_wanted = 0;
    BOOST_TEST(ApplyAdvice(tally, kAll) == kRemoves);
  }
}

BOOST_AUTO_TEST_CASE(gits_index_can_be_applied_by_itself) {
  ApplyTally tally;
  tally.LeaveOut(Reason::kChanged, "/a b/.git/index");
  BOOST_TEST(ApplyAdvice(tally, kAll) ==
             "fox stays: --force applies what changed\n"
             "a git status is enough to change \"/a b/.git/index\": agentbox apply --force fox "
             "\"/a b/.git/index\" applies the sandbox's, without what was staged here since\n");
  for (const char* const other : {"a.git/index", ".git/indexes", "index"}) {
    ApplyTally plain;
    plain.LeaveOut(Reason::kChanged, other);
    BOOST_TEST(plain.git_index.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
