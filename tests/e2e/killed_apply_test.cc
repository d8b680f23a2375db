// Applies that are killed, between steps and within them: while what was made and what was there
// change places, and somebody of the host saves the file in the last moment. As root.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/log.h"
#include "container/apply_review.h"
#include "container/reviews.h"
#include "review/store.h"
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

// The exchange of `settings`, after which there is nothing else.
int KillAfterExchange(int from, const char* name, int to, const char* other, unsigned flags) {
  const auto result = static_cast<int>(::syscall(SYS_renameat2, from, name, to, other, flags));
  if (flags == RENAME_EXCHANGE && std::string_view(other) == "settings") ::raise(SIGKILL);
  return result;
}

// A review of two files of one directory, of which the first runs code later, and so is left out by
// an apply that is killed while it replaces the second.
struct OfTwoFiles {
  OfTwoFiles() {
    std::filesystem::create_directory(home);
    const std::vector<review::ReviewedMount> mounts = {
        {.destination = "/a", .source = home, .file = ".bashrc", .directory = "mount-0"},
        {.destination = "/b", .source = home, .file = "settings", .directory = "mount-1"}};
    for (const auto& mount : mounts)
      WriteFile(home + "/" + mount.file, "host\n");
    // Nothing of the host's is as new, however long a case takes.
    const std::int64_t started = (std::int64_t{::time(nullptr)} + 3600) * 1'000'000'000;
    BOOST_REQUIRE(review::Make(top.Path() + "/store",
                               {.name = "test",
                                .container = "none",
                                .state_root = top.Path() + "/root",
                                .command = {"true"},
                                .started = started,
                                .mounts = mounts})
                      .has_value());
    for (const auto& mount : mounts) {
      const std::string upper = store + "/" + mount.directory + "/upper";
      std::filesystem::create_directory(upper);
      WriteFile(upper + "/" + mount.file, "agent\n");
    }
    WriteFile(top.Path() + "/policy.json",
              R"({"scratch": {"directory": ")" + top.Path() + R"(/store"}})");
    KillApply();
  }

  // The status of a command in a process of its own, with its output and warnings in Said().
  int Do(const std::function<Result<int>(const container::Runtime&)>& command) const {
    const pid_t pid = ::fork();
    if (pid == 0) {
      constexpr int kNew = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC;
      UniqueFd said(::open((top.Path() + "/said").c_str(), kNew, 0600));
      ::dup2(said.Get(), STDOUT_FILENO);
      const Log log(std::move(said), LogFormat::kText, LogLevel::kWarning);
      const auto done = command(
          {.root = top.Path() + "/root", .log = &log, .policy_file = top.Path() + "/policy.json"});
      if (!done) log.Error(done.error().ToString());
      ::_exit(done.value_or(2));
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  int Apply(const container::ApplyOptions& options) const {
    return Do([&](const auto& runtime) { return container::ApplyReview(runtime, options); });
  }

  int Discard() const {
    return Do([](const auto& runtime) -> Result<int> {
      TRY(container::Discard(runtime, "test"));
      return 0;
    });
  }

  void KillApply() const {
    ReplaceRename(KillAfterExchange);
    const int status = Apply({.words = {"test"}});
    ReplaceRename(nullptr);
    BOOST_REQUIRE(status == 128 + SIGKILL);
    BOOST_TEST(ReadFile(home + "/settings") == "agent\n");
    BOOST_TEST(ReadFile(home + "/" + kLeftover) == "host\n");
  }

  std::string Said() const { return ReadFile(top.Path() + "/said"); }

  void HasSaid(const std::string& part) const {
    BOOST_TEST(Said().find(part) != std::string::npos, Said());
  }

  static constexpr const char* kLeftover = ".agentbox-apply-test@mount-1@replaced";
  TemporaryDirectory top;
  std::string home = top.Path() + "/home";
  std::string moved = top.Path() + "/moved";
  std::string store = top.Path() + "/store/@reviews/test";
};

BOOST_FIXTURE_TEST_SUITE(killed_apply_of_two_files, OfTwoFiles)

BOOST_AUTO_TEST_CASE(what_is_left_of_one_does_not_keep_the_other_from_being_applied) {
  BOOST_TEST(Apply({.words = {"test"}, .allow_exec_config = true}) == 0, Said());
  BOOST_TEST(ReadFile(home + "/.bashrc") + ReadFile(home + "/settings") == "agent\nagent\n");
  BOOST_TEST(!Exists(home + "/" + kLeftover));
  BOOST_TEST(!Exists(store));
}

BOOST_AUTO_TEST_CASE(nor_does_it_where_that_alone_is_chosen) {
  BOOST_TEST(Apply({.words = {"test", home + "/.bashrc"}, .allow_exec_config = true}) == 0, Said());
  BOOST_TEST(ReadFile(home + "/.bashrc") == "agent\n");
  BOOST_TEST(!Exists(home + "/" + kLeftover));
  BOOST_TEST(Apply({.words = {"test"}}) == 0, Said());
  BOOST_TEST(!Exists(store));
}

BOOST_AUTO_TEST_CASE(discard_ends_it) {
  BOOST_TEST(Discard() == 0, Said());
  BOOST_TEST(Said() == "");
  BOOST_TEST(!Exists(home + "/" + kLeftover));
  BOOST_TEST(!Exists(store));
}

BOOST_AUTO_TEST_CASE(discard_names_what_may_be_in_a_tree_that_is_gone) {
  for (const char* const instead : {"", "ln -s moved home", "touch home", "mkdir home"}) {
    BOOST_TEST_CONTEXT(instead) {
      const OfTwoFiles fresh;
      std::filesystem::rename(fresh.home, fresh.moved);
      Run("cd " + fresh.top.Path() + "; " + instead);
      BOOST_TEST(fresh.Discard() == 0, fresh.Said());
      fresh.HasSaid("warning");
      fresh.HasSaid(kLeftover);
      BOOST_TEST(!Exists(fresh.store));
      BOOST_TEST(ReadFile(fresh.moved + "/" + kLeftover) == "host\n");
    }
  }
}

BOOST_AUTO_TEST_CASE(apply_ends_it_once_the_tree_is_there_again) {
  std::filesystem::rename(home, moved);
  BOOST_TEST(Apply({.words = {"test"}}) == 1);
  HasSaid(kLeftover);
  HasSaid("skipped  " + home + "/settings (the real tree " + home + " is not there any more)\n");
  HasSaid("0 applied, 2 left out\ntest stays: agentbox discard test removes it\n");
  std::filesystem::rename(moved, home);
  BOOST_TEST(Apply({.words = {"test"}, .allow_exec_config = true}) == 0, Said());
  BOOST_TEST(!Exists(home + "/" + kLeftover));
  BOOST_TEST(!Exists(store));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
