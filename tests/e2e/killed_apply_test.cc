// Applies that are killed, between steps and within them: while what was made and what was there
// change places, and somebody of the host saves the file in the last moment. As root.
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/files.h"
#include "support/layered_tree.h"
#include "support/watched_calls.h"

namespace agentbox::test {
namespace {

// What happens around this process's exchanges with `p`, which are counted from 1 on.
struct Moments {
  std::string before_first;   // a script of sh
  std::string before_second;  // another one
  int kill_before = 0;        // an exchange; 0: none
  int kill_after = 0;
};

const Moments* moments = nullptr;

void Run(const std::string& script) {
  // Nothing else runs in this process.
  if (!script.empty() && std::system(script.c_str()) != 0) ::_exit(99);  // NOLINT
}

int Exchange(int from, const char* name, int to, const char* other, unsigned flags) {
  static int count = 0;
  if (std::string_view(other) != "p" || flags != RENAME_EXCHANGE)
    return static_cast<int>(::syscall(SYS_renameat2, from, name, to, other, flags));
  ++count;
  if (count == 1) Run(moments->before_first);
  if (count == 2) Run(moments->before_second);
  if (count == moments->kill_before) ::raise(SIGKILL);
  const auto result = static_cast<int>(::syscall(SYS_renameat2, from, name, to, other, flags));
  if (count == moments->kill_after) ::raise(SIGKILL);
  return result;
}

constexpr const char* kSkipped = " (changed in the real tree since the sandbox started)\n";

// A tree in which the agent has changed `p`; and `z`, so that there is more to do in the end.
struct Place {
  std::string before;
  std::string agent;
};

const std::vector<Place> kPlaces = {
    {.before = "echo 1 > p", .agent = "echo agent > p"},
    {.before = "echo 1 > p; ln p ../q", .agent = "echo agent > p"},
    {.before = "echo 1 > p", .agent = "echo agent > p; ln p a"},
    {.before = "ln -s 1 p", .agent = "rm p; echo agent > p"},
    {.before = "echo 1 > p", .agent = "rm p; ln -s agent p"},
    {.before = "echo 1 > p", .agent = "rm p; mkdir p"},
    {.before = "mkdir p", .agent = "rmdir p; echo agent > p"},
};

class Killed : public LayeredTree {
 public:
  explicit Killed(const Place& place) : LayeredTree(place.before + "; echo 1 > z") {
    Agent(place.agent + "; echo agent > z");
    End();
  }

  void KillApply(Moments when) const {
    for (std::string* script : {&when.before_first, &when.before_second}) {
      if (!script->empty()) *script = "cd " + Real() + " && " + *script;
    }
    moments = &when;
    ReplaceRename(Exchange);
    const int status = ApplyInChild({});
    ReplaceRename(nullptr);
    BOOST_TEST(status == 128 + SIGKILL);
  }

  void HasNoTemporaryNames() const { Host("test -z \"$(ls -A | grep agentbox)\""); }
};

BOOST_AUTO_TEST_SUITE(merge_interrupted)

constexpr const char* kMany =
    "for i in $(seq 40); do mkdir -p d$i/e; echo $i > d$i/e/f; echo $i > g$i; done; mkdir -p ren; "
    "for i in $(seq 20); do echo $i > ren/$i; done; echo a > t1; mkdir t2; echo b > t2/b";
constexpr const char* kManyChanges =
    "for i in $(seq 20); do echo new > d$i/e/f; echo n > d$i/e/n; rm g$i; done; for i in $(seq 21 "
    "30); do rm -r d$i; done; mv ren renamed; echo x > renamed/3; rm t1; mkdir t1; echo i > t1/i; "
    "rm -r t2; echo f > t2; for i in $(seq 31 40); do mv d$i m$i; done; echo l > l1; ln l1 l2";

BOOST_AUTO_TEST_CASE(killed_after_each_number_of_steps_and_again_it_is_gone_on_with) {
  for (const std::size_t first : {1U, 7U, 60U, 111U, 150U, 180U}) {
    LayeredTree tree(kMany);
    tree.Agent(kManyChanges);
    tree.End();
    BOOST_TEST(tree.ApplyInChild({.kill_after = first}) == 128 + SIGKILL);
    BOOST_TEST(tree.ApplyInChild({.kill_after = 13}) == 128 + SIGKILL);
    BOOST_TEST(tree.Apply() == "");
    BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "", "after " << first);
  }
}

BOOST_AUTO_TEST_CASE(what_a_killed_apply_left_in_the_middle_of_a_step_goes) {
  LayeredTree tree("mkdir d e; echo 1 > d/f; echo 2 > e/f");
  tree.Agent("echo 2 > d/f; rm -r e");
  tree.End();
  tree.Host("echo half > d/.agentbox-apply-test; mkdir e/.agentbox-apply-test");
  BOOST_TEST(tree.Apply() == "");
  BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(merge_exchange)

BOOST_AUTO_TEST_CASE(killed_before_and_after_it_all_is_applied_in_the_end) {
  for (const Place& place : kPlaces) {
    for (const Moments& when : {Moments{.kill_before = 1}, Moments{.kill_after = 1}}) {
      BOOST_TEST_CONTEXT(place.before << ", " << place.agent << " " << when.kill_after) {
        const Killed tree(place);
        tree.KillApply(when);
        BOOST_TEST(tree.Apply() == "");
        BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_saved_before_a_kill_comes_back_and_is_a_conflict) {
  const std::string save = "rm -rf p; echo host > save; mv save p";
  for (const Place& place : kPlaces) {
    for (const Moments& when : {Moments{.before_first = save, .kill_after = 1},
                                Moments{.before_first = save, .kill_before = 2},
                                Moments{.before_first = save, .kill_after = 2}}) {
      BOOST_TEST_CONTEXT(place.agent << " " << when.kill_before << when.kill_after) {
        const Killed tree(place);
        tree.KillApply(when);
        const std::string said = tree.Apply();
        BOOST_TEST(said.find("skipped  p") != std::string::npos, said);
        BOOST_TEST(said.find(kSkipped) != std::string::npos, said);
        BOOST_TEST(ReadFile(tree.Real() + "/p") == "host\n");
        BOOST_TEST(ReadFile(tree.Real() + "/z") == "agent\n");
        tree.HasNoTemporaryNames();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(whatever_was_saved_comes_back) {
  for (const char* const save : {"echo host >> p",
                                 "chmod 600 p",
                                 "rm p; ln -s host p",
                                 "rm p; mkdir p; echo host > p/f",
                                 "rm p; mkdir p"}) {
    BOOST_TEST_CONTEXT(save) {
      const Killed tree(kPlaces.front());
      // Of a directory the time is that of what apply does beside it, too.
      tree.KillApply({.before_first = std::string(save) + "; cp -a p ../saved", .kill_after = 1});
      BOOST_TEST(tree.Apply().find("skipped  p") != std::string::npos);
      BOOST_TEST(
          Difference(SnapshotOf(tree.Real() + "/../saved"), SnapshotOf(tree.Real() + "/p")) == "");
      tree.HasNoTemporaryNames();
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_put_into_a_directory_that_goes_comes_back_with_it) {
  const Killed tree({.before = "mkdir p", .agent = "rmdir p; echo agent > p"});
  tree.KillApply({.before_first = "echo host > p/f", .kill_after = 1});
  BOOST_TEST(tree.Apply() == std::string("skipped  p") + kSkipped + "skipped  p/f" + kSkipped);
  BOOST_TEST(ReadFile(tree.Real() + "/p/f") == "host\n");
  tree.HasNoTemporaryNames();
}

// A save after the kill hides one before it, which is kept.
BOOST_AUTO_TEST_CASE(of_two_that_were_saved_both_stay) {
  const Killed tree(kPlaces.front());
  tree.KillApply({.before_first = "rm p; echo one > p", .kill_after = 1});
  tree.Host("echo two > save; mv save p");
  for (int again = 0; again < 2; ++again) {
    const std::string said = tree.Apply();
    BOOST_TEST(said.ends_with("move it away to go on"), said);
  }
  BOOST_TEST(ReadFile(tree.Real() + "/p") == "two\n");
  tree.Host("mv .agentbox-apply-test@replaced one && test $(cat one) = one");
  BOOST_TEST(tree.Apply() == std::string("skipped  p") + kSkipped);
}

BOOST_AUTO_TEST_CASE(one_that_was_saved_between_two_exchanges_stays) {
  const Killed tree(kPlaces.front());
  tree.KillApply({.before_first = "rm p; echo one > p",
                  .before_second = "echo two > save; mv save p",
                  .kill_after = 2});
  BOOST_TEST(tree.Apply().starts_with("error: "));
  tree.Host("test \"$(cat p .agentbox-apply-test@replaced)\" = 'one\ntwo'");
}

// Said once, as nothing can be done: the directory is somewhere else, or another.
BOOST_AUTO_TEST_CASE(of_a_directory_that_was_moved_away_it_is_told) {
  for (const char* const away : {"mv d ../moved", "mv d ../moved; mkdir d; echo 1 > d/p"}) {
    BOOST_TEST_CONTEXT(away) {
      const Killed tree({.before = "mkdir d; echo 1 > d/p", .agent = "echo agent > d/p"});
      tree.KillApply({.before_first = "cd d; rm p; echo host > p", .kill_after = 1});
      tree.Host(away);
      const std::string said = tree.Apply();
      BOOST_TEST(said.find("was killed while it replaced \"d/p\"") != std::string::npos, said);
      tree.Host("test $(cat ../moved/.agentbox-apply-test@replaced) = host");
      BOOST_TEST(tree.Apply().find("error") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_strangers_file_of_that_name_stops_it_before) {
  LayeredTree tree("echo 1 > p; echo 1 > q");
  tree.Agent("echo agent > p; echo agent > q");
  tree.End();
  tree.Host("echo stranger > .agentbox-apply-test@replaced");
  BOOST_TEST(tree.Apply().ends_with("move it away to go on"));
  tree.Host("test \"$(cat p q)\" = '1\n1' && rm .agentbox-apply-test@replaced");
  BOOST_TEST(tree.Apply() == "");
}

BOOST_AUTO_TEST_CASE(names_of_the_agents_like_those_of_apply_change_nothing) {
  const Killed tree({.before = "echo 1 > p",
                     .agent = "echo agent > p; echo evil > .agentbox-apply-test; mkdir "
                              ".agentbox-apply-test@replaced; echo evil > "
                              ".agentbox-apply-test@replaced/f"});
  tree.KillApply({.before_first = "rm p; echo host > p", .kill_after = 1});
  const std::string said = tree.Apply();
  BOOST_TEST(said.find(std::string("skipped  p") + kSkipped) != std::string::npos, said);
  BOOST_TEST(said.find("refused  .agentbox-apply-test@replaced/ ") != std::string::npos, said);
  BOOST_TEST(ReadFile(tree.Real() + "/p") == "host\n");
  tree.HasNoTemporaryNames();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
