// Commands killed at any moment: what they leave is found again, and goes.
#include <unistd.h>

#include <csignal>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

struct Crash : Box {
  // Starts `agentbox ARGS...` and kills it this much later; whether it was still there.
  bool KillAfter(const std::vector<std::string>& args, std::chrono::microseconds delay) const {
    std::vector<std::string> all = {AgentboxPath(), "--root", bundle.Root()};
    all.insert(all.end(), args.begin(), args.end());
    Background command(all);
    ::usleep(static_cast<useconds_t>(delay.count()));
    command.Signal(SIGKILL);
    return command.Wait() == 128 + SIGKILL;
  }
};

BOOST_FIXTURE_TEST_SUITE(crash, Crash)

BOOST_AUTO_TEST_CASE(a_create_killed_at_any_step_is_deleted_by_force) {
  bundle.Args({"/bin/sleep", "1000"}).WriteConfig();
  int killed = 0;
  for (int step = 0; step < 60; ++step) {
    killed += KillAfter({"create", "--bundle", bundle.Path(), bundle.Id()},
                        std::chrono::microseconds(step * 250))
                  ? 1
                  : 0;
    const Outcome outcome = bundle.Command("delete", {"--force"});
    BOOST_TEST(outcome.status == 0, outcome.errors);
    CheckNothingLeft(bundle);
  }
  BOOST_TEST(killed > 5);
}

BOOST_AUTO_TEST_CASE(a_create_killed_at_any_step_is_collected) {
  bundle.Args({"/bin/sleep", "1000"}).WriteConfig();
  int killed = 0;
  for (int step = 0; step < 30; ++step) {
    const bool was_killed = KillAfter({"create", "--bundle", bundle.Path(), bundle.Id()},
                                      std::chrono::microseconds(step * 500));
    killed += was_killed ? 1 : 0;
    const Outcome outcome = bundle.Agentbox({"gc"});
    BOOST_TEST(outcome.status == 0, outcome.errors);
    // `gc` leaves what was completed, which `create` may have done just before its end.
    if (bundle.Command("state").Succeeded()) bundle.Delete();
    CheckNothingLeft(bundle);
  }
  BOOST_TEST(killed > 5);
}

BOOST_AUTO_TEST_CASE(the_id_of_a_killed_create_can_be_used_after_delete) {
  bundle.Args({"/bin/sleep", "1000"}).WriteConfig();
  for (int step = 0; step < 10; ++step) {
    KillAfter({"create", "--bundle", bundle.Path(), bundle.Id()}, std::chrono::milliseconds(step));
    bundle.Command("delete", {"--force"});
    BOOST_REQUIRE(bundle.Create().status == 0);
    BOOST_REQUIRE(bundle.Start().status == 0);
    bundle.Delete();
  }
}

BOOST_AUTO_TEST_CASE(a_start_or_delete_that_is_killed_can_be_done_again) {
  bundle.Args({"/bin/sleep", "1000"}).WriteConfig();
  for (int step = 0; step < 10; ++step) {
    BOOST_REQUIRE(bundle.Create().status == 0);
    KillAfter({"start", bundle.Id()}, std::chrono::microseconds(step * 300));
    KillAfter({"delete", "--force", bundle.Id()}, std::chrono::microseconds(step * 300));
    const Outcome outcome = bundle.Command("delete", {"--force"});
    BOOST_TEST(outcome.status == 0, outcome.errors);
    CheckNothingLeft(bundle);
  }
}

BOOST_AUTO_TEST_CASE(a_killed_run_leaves_a_container_that_delete_removes) {
  bundle.Args({"/bin/sleep", "1000"}).WriteConfig();
  for (int step = 0; step < 6; ++step) {
    KillAfter({"run", "--bundle", bundle.Path(), bundle.Id()}, std::chrono::milliseconds(step * 4));
    const Outcome outcome = bundle.Command("delete", {"--force"});
    BOOST_TEST(outcome.status == 0, outcome.errors);
    CheckNothingLeft(bundle);
  }
}

BOOST_AUTO_TEST_CASE(a_killed_exec_leaves_the_container_as_it_was) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  for (int step = 0; step < 8; ++step) {
    KillAfter({"exec", bundle.Id(), "/bin/sleep", "1000"}, std::chrono::milliseconds(step * 2));
    BOOST_TEST(bundle.Status() == "running");
  }
  BOOST_TEST(bundle.ExecOutputOf({"/bin/echo", "alive"}) == "alive");
}

BOOST_AUTO_TEST_CASE(two_creates_of_one_id_exclude_each_other) {
  bundle.Args({"/bin/sleep", "1000"}).WriteConfig();
  const std::vector<std::string> create = {
      AgentboxPath(), "--root", bundle.Root(), "create", "--bundle", bundle.Path(), bundle.Id()};
  Background first(create);
  Background second(create);
  const int statuses = first.Wait() + second.Wait();
  BOOST_TEST(statuses == 1);
  BOOST_TEST(bundle.Status() == "created");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
