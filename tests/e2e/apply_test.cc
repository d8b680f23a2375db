// `agentbox apply`: what sandboxes changed in trees of the test's own, brought into them.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/apply_box.h"
#include "support/quota_disk.h"
#include "support/terminal.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

// All that there is to a tree, in lines that can be compared.
constexpr const char* kListing =
    "find . -printf '%P %y %m %U %G %n %l\\n' | sed 's/ d \\([0-9 ]*\\) [0-9]* $/ d \\1/' | sort; "
    "find . -type f -exec cksum {} + | sort";

BOOST_FIXTURE_TEST_SUITE(apply, ApplyBox)

BOOST_AUTO_TEST_CASE(a_real_tree_becomes_what_the_sandbox_saw) {
  Host("for i in alternatives init.d default pam.d profile.d apt cron.d; do cp -a /etc/$i .; done");
  const std::string name = Review(
      "find . -type f | sort | sed -n '1~5p' | while read f; do echo more >> \"$f\"; done; "
      "find . -type f | sort | sed -n '2~7p' | while read f; do rm \"$f\"; done; "
      "find . -type f | sort | sed -n '3~7p' | while read f; do chmod 600 \"$f\"; done; "
      "find . -type f | sort | sed -n '4~9p' | while read f; do chown 1234:99 \"$f\"; done; "
      "find . -type l | sort | sed -n '1~3p' | while read l; do ln -sfn other \"$l\"; done; "
      "mv pam.d pam.moved; rm -r cron.d; mkdir cron.d; echo 1 > cron.d/own; rm -r default; echo "
      "file > default; mkdir -p new/deep/er; cp /bin/true new/deep/er/program; ln "
      "new/deep/er/program new/link; chmod 2750 new/deep; " +
      std::string(kListing));
  const std::string seen = printed;
  const std::string before = Host(kListing);
  BOOST_TEST(Apply({name, "--dry-run"}).status == 0);
  BOOST_TEST(Host(kListing) == before);
  const Outcome outcome = Apply({name});
  BOOST_TEST(outcome.status == 0, outcome.output << outcome.errors);
  BOOST_TEST(Host(kListing) == seen);
  BOOST_TEST(!IsKept(name));
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_told_and_kept) {
  Host("echo 1 > both; echo 2 > other");
  const std::string name = Review("echo agent > both; echo agent > other");
  Host("echo host > both");
  const Outcome outcome = Apply();
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(
      outcome.output ==
      "skipped  both (changed in the real tree since the sandbox started)\n1 applied, 1 left "
      "out\n" +
          name + " stays: --force applies what changed\n");
  BOOST_TEST(Host("cat both other") == "host\nagent\n");
  BOOST_TEST(IsKept(name));
  BOOST_TEST(
      Apply({"-n"}).output ==
      "skipped  both (changed in the real tree since the sandbox started)\n0 to apply, 1 left "
      "out\n--force applies what changed\n");
  BOOST_TEST(Apply({name, "--force"}).output == "1 applied\n");
  BOOST_TEST(Host("cat both") == "agent\n");
  BOOST_TEST(!IsKept(name));
}

BOOST_AUTO_TEST_CASE(two_reviews_of_one_tree_conflict_where_they_differ) {
  Host("echo 1 > same; echo 1 > differs; echo 1 > third");
  const std::string first = Review("echo 2 > same; echo a > differs");
  const std::string second = Review("echo 2 > same; echo b > differs; echo c > third");
  CheckFails(Apply(), 1, "name one of");
  BOOST_TEST(Apply({first}).status == 0);
  const Outcome outcome = Apply({second});
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.output ==
             "skipped  differs (changed in the real tree since the sandbox started)\n1 applied, 1 "
             "left out\n" +
                 second + " stays: --force applies what changed\n");
  BOOST_TEST(Host("cat same differs third") == "2\na\nc\n");
}

BOOST_AUTO_TEST_CASE(paths_choose) {
  Host("mkdir d; echo 1 > d/one; echo 2 > d/two");
  const std::string name = Review("echo x > d/one; echo x > d/two; mkdir new; echo x > new/file");
  BOOST_TEST(Apply({name, "d/one"}).output ==
             "1 applied\n" + name + " stays: agentbox diff " + name + " lists the rest\n");
  BOOST_TEST(IsKept(name));
  BOOST_TEST(RunCommand(ApplyCommand({"../new"}), {.directory = tree / "d"})
                 .output.starts_with("2 applied\n"));
  BOOST_TEST(Host("cat d/one d/two new/file") == "x\n2\nx\n");
  CheckFails(Apply({name, "/etc"}), 1, "\"/etc\" is neither a review nor anything that " + name);
  CheckFails(Apply({name, "d/three"}), 1, "is neither a review nor anything that " + name);
  CheckFails(Apply({name + "r"}), 1, "\"" + name + "r\" is neither a review nor anything that ");
  BOOST_TEST(Apply({"d"}).status == 0);
  BOOST_TEST(!IsKept(name));
}

BOOST_AUTO_TEST_CASE(the_exit_status_says_whether_all_that_was_asked_for_is_applied) {
  const std::string name = Review("echo 1 > one; echo 2 > two; mkfifo fifo");
  BOOST_TEST(Apply({name, "-n"}).status == 1);
  BOOST_TEST(Apply({name, "-n", "one"}).status == 0);
  BOOST_TEST(Apply({name, "one"}).status == 0);
  BOOST_TEST(Apply({name, "one", "fifo"}).status == 1);
  BOOST_TEST(Apply({name}).status == 1);
  BOOST_TEST(Agentbox({"diff", name}).status == 0);
  BOOST_TEST(Agentbox({"diff", name, "none"}).status == 1);
  Agentbox({"discard", name});
  BOOST_TEST(Apply({name}).status == 1);
}

BOOST_AUTO_TEST_CASE(what_to_do_about_the_rest_is_said) {
  Host("mkdir d; echo 1 > d/f; echo 1 > other");
  const std::string name = Review("mv d e; echo 2 > other; echo 3 > third");
  const Outcome one = Apply({name, "other"});
  BOOST_TEST(one.status == 0, one.errors);
  BOOST_TEST(one.output ==
             "1 applied\n" + name + " stays: agentbox diff " + name + " lists the rest\n");
  const Outcome renamed = Apply({name, "d"});
  BOOST_TEST(renamed.status == 1);
  BOOST_TEST(renamed.output.ends_with(name + " stays: agentbox apply " + name +
                                      " applies all, with what was renamed at its new place\n"),
             renamed.output);
  BOOST_TEST(Apply({name}).status == 0);
}

BOOST_AUTO_TEST_CASE(an_index_of_git_that_a_status_has_written_can_be_applied_by_itself) {
  Host(
      "git init -q; git config user.name x; git config user.email x; echo 1 > f; git add f;"
      "git commit -qm 1");
  const std::string name =
      Review("echo 2 > g; git -c safe.directory=* add g; git -c safe.directory=* commit -qm 2");
  Host("touch f; git status >/dev/null");
  const Outcome outcome = Apply({name, "--allow-exec-config"});
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(Host("git status --short") != "");
  const std::string command = "agentbox apply --force " + name + " .git/index";
  BOOST_TEST(outcome.output.find(command) != std::string::npos, outcome.output);
  BOOST_TEST(Apply({"--force", name, ".git/index"}).status == 0);
  BOOST_TEST(Host("git status --short; git log --format=%s") == "2\n1\n");
  BOOST_TEST(!IsKept(name));
}

BOOST_AUTO_TEST_CASE(what_a_sandbox_can_make_that_the_host_does_not_get) {
  const std::string name = Review(
      "cp /bin/true suid; chmod 4755 suid; mkfifo fifo; ln -s /etc/passwd out; echo x > \"$(printf "
      "'a\\nb')\"; echo ok > fine");
  const Outcome outcome = Apply();
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.output ==
             "refused  \"a\\nb\" (control characters in its name)\n"
             "refused  fifo (a fifo)\n"
             "add      out (a symbolic link out of the tree)\n"
             "add      suid (set-id bits left out)\n"
             "3 applied, 2 left out\n" +
                 name + " stays: agentbox discard " + name + " removes it\n");
  BOOST_TEST(Host("stat -c '%a %u' suid; cat fine; ls -A") == "755 0\nok\nfine\nout\nsuid\n");
}

// A directory of the tree that has become a symlink, to where the sandbox's file would do harm.
BOOST_AUTO_TEST_CASE(a_symlink_in_the_real_tree_is_not_followed) {
  const Tree target("/var/tmp");
  Host("mkdir -p d/e; echo 1 > d/e/file");
  const std::string name = Review("echo agent > d/e/file; echo agent > d/e/passwd");
  fs::create_directories(target / "e");
  Host("mv d moved; ln -s " + target.Path() + " d");
  for (const Strings& options : {Strings{name}, Strings{name, "--force"}}) {
    Apply(options);
    BOOST_TEST(fs::is_empty(target / "e"));
    BOOST_TEST(ReadFile(tree / "moved/e/file") == "1\n");
  }
}

BOOST_AUTO_TEST_CASE(what_was_hidden_stays) {
  Host("mkdir d; echo secret > d/key; echo 1 > d/file");
  const std::string name = Review("! test -e d/key; rm -r d", {"--hide", tree / "d/key"});
  const Outcome outcome = Apply({name, "--force"});
  BOOST_TEST(Host("cat d/key; ls d") == "secret\nkey\n", outcome.output);
}

BOOST_AUTO_TEST_CASE(a_sandbox_that_runs_is_waited_for_by_the_user) {
  const std::string name = NewId();
  const Background running({AgentboxPath(),
                            "do",
                            "--review",
                            "-q",
                            "--network",
                            "none",
                            "--name",
                            name,
                            "-C",
                            tree.Path(),
                            "--",
                            "sh",
                            "-c",
                            "echo x > made; sleep 1000"});
  BOOST_REQUIRE(Eventually([&] { return Exists(kReviews + name + "/mount-0/upper/made"); }));
  CheckFails(Apply({name}), 1, "runs: what it changed is applied once it has ended");
  BOOST_TEST(!Exists(tree / "made"));
}

BOOST_AUTO_TEST_CASE(two_of_one_review_exclude_each_other) {
  const std::string name = Review("echo x > made");
  {
    const UniqueFd lock(::open((kReviews + name + "/lock").c_str(), O_RDWR | O_CLOEXEC));
    BOOST_REQUIRE(::flock(lock.Get(), LOCK_EX) == 0);
    BOOST_TEST(Apply({name}).status == 1);
    BOOST_TEST(!Exists(tree / "made"));
    // As by a diff in its pager.
    BOOST_REQUIRE(::flock(lock.Get(), LOCK_SH) == 0);
    const Outcome shown = RunCommand({AgentboxPath(), "diff", name}, {.directory = tree.Path()});
    BOOST_TEST(shown.output == "A  made\n", shown.errors);
    CheckFails(Apply({name}), 1, "another command is at work");
  }
  BOOST_TEST(Apply({name}).status == 0);
}

// When the last change is in the real tree, there seems to be nothing left to review.
BOOST_AUTO_TEST_CASE(a_review_that_is_being_applied_is_left_alone) {
  const std::string name = Review("echo x > made");
  Terminal applying(ApplyCommand({name, "-i"}), {.command = {.directory = tree.Path()}});
  BOOST_TEST(applying.Expect("[y,n,a,q]"));
  Host("echo x > made");
  CheckIsLeftAlone(name);
  CheckFails(Agentbox({"diff", name}), 1, "another command is at work");
  applying.Type("n\n");
  BOOST_TEST(applying.Wait() == 0);
  BOOST_TEST(IsKept(name));
  BOOST_TEST(Agentbox({"gc"}).status == 0);
  BOOST_TEST(!IsKept(name));
}

BOOST_AUTO_TEST_CASE(a_review_that_is_being_read_can_be_read_by_others_and_stays) {
  const std::string name = Review("touch $(seq 100)");
  const CommandOptions paged = {
      .environment = {"TERM=xterm", "NO_COLOR=1", "PAGER=cat; head -n 1 < /dev/tty"},
      .directory = tree.Path()};
  Terminal reading({AgentboxPath(), "diff", name}, {.command = paged});
  BOOST_TEST(reading.Expect("99\r\n"));
  const Outcome other = Agentbox({"diff", name, "42"});
  BOOST_TEST(other.output == "A  42\n", other.errors);
  Host("touch $(seq 100)");
  CheckIsLeftAlone(name);
  reading.Type("\n");
  BOOST_TEST(reading.Wait() == 0);
  BOOST_TEST(Agentbox({"discard", name}).status == 0);
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_nothing_is_half_made_and_later_it_is_gone_on_with) {
  const std::string disk = tree / ("disk-" + std::string(kMountOfATest));
  const SmallDisk mounted(disk, "8M");
  const std::string in_disk = "cd " + disk + "; ";
  Host(in_disk + "echo old > big; echo old > small");
  const std::string name = Review(
      "echo new > a; head -c 2M /dev/urandom > big; echo new > small; " + std::string(kListing),
      {"-C", disk});
  const std::string seen = printed;
  // 1 MiB stays free.
  Host(in_disk + "head -c $(($(stat -f -c '%f * %S' .) - 1048576)) /dev/zero > filler");
  const Outcome full = Apply({name});
  CheckFails(full, 1, "\"big\": ");
  BOOST_TEST(full.output.find(" applied\n" + name + " stays: apply it again to go on\n") !=
                 std::string::npos,
             full.output);
  BOOST_TEST(full.errors.find("(ENOSPC)") != std::string::npos, full.errors);
  BOOST_TEST(Host(in_disk + "cat a small; stat -c %s big; ls -A") ==
             "new\nold\n4\na\nbig\nfiller\nsmall\n");
  BOOST_TEST(IsKept(name));
  Host(in_disk + "rm filler");
  const Outcome outcome = Apply({name});
  BOOST_TEST(outcome.output == "2 applied\n", outcome.errors);
  BOOST_TEST(Host(in_disk + kListing) == seen);
  BOOST_TEST(!IsKept(name));
}

BOOST_AUTO_TEST_CASE(killed_in_the_middle_and_again_it_is_gone_on_with) {
  Host("mkdir -p old; for i in $(seq 200); do echo $i > f$i; echo $i > old/$i; done");
  const std::string name = Review(
      "for i in $(seq 200); do echo new > f$i; done; mv old moved; for i in $(seq 150); do mkdir "
      "n$i; echo n > n$i/file; done; " +
      std::string(kListing));
  const std::string seen = printed;
  for (const char* const reached : {"f40", "moved/9", "n77/file"}) {
    const Background apply(ApplyCommand({name}));
    const std::string watched = tree / reached;
    Eventually([&] { return ReadFile(watched).starts_with("n") || Exists(tree / "n150/file"); });
    apply.Signal(SIGKILL);
  }
  const Outcome outcome = Apply({name});
  BOOST_TEST(outcome.status == 0, outcome.output << outcome.errors);
  BOOST_TEST(Host(kListing) == seen);
  BOOST_TEST(!IsKept(name));
}

// What nobody wrote to in it is in the real tree alone.
BOOST_AUTO_TEST_CASE(a_renamed_directory_stays_where_it_was_while_its_new_place_is_left_out) {
  Host("mkdir -p src/in; echo 1 > src/same; echo 2 > src/changed; echo 3 > src/in/same");
  const std::string name =
      Review("mv src .husky; echo more >> .husky/changed; " + std::string(kListing));
  const std::string seen = printed;
  const std::string changed = "skipped  .husky/changed (runs code later)\n";
  const std::string in = "add      .husky/in/\n";
  const std::string rest =
      "skipped  .husky/in/same (runs code later)\n"
      "skipped  .husky/same (runs code later)\n"
      "skipped  src/ (something in the directory stays)\n"
      "skipped  src/changed (what it was renamed to was not applied)\n"
      "skipped  src/in/ (something in the directory stays)\n"
      "skipped  src/in/same (what it was renamed to was not applied)\n"
      "skipped  src/same (what it was renamed to was not applied)\n";
  const std::string end = "--allow-exec-config applies what runs code later\n";
  BOOST_TEST(Apply({name, "-n"}).output ==
             "add      .husky/\n" + changed + in + rest + "2 to apply, 8 left out\n" + end);
  for (const std::string& what : {rest + "2 applied", rest + "0 applied"}) {
    const Outcome outcome = Apply({name});
    BOOST_TEST(outcome.status == 1);
    BOOST_TEST(outcome.output == changed + what + ", 8 left out\n" + name + " stays: " + end);
    BOOST_TEST(Host("cat src/same src/changed src/in/same") == "1\n2\n3\n");
  }
  BOOST_TEST(Apply({name, "--allow-exec-config"}).status == 0);
  BOOST_TEST(Host(kListing) == seen);
  BOOST_TEST(!IsKept(name));
}

BOOST_AUTO_TEST_CASE(a_renamed_directory_stays_where_it_was_while_its_new_place_is_not_chosen) {
  Host("mkdir -p lib/in; echo 1 > lib/same; echo 2 > lib/changed; echo 3 > lib/in/same");
  const std::string name =
      Review("mv lib libs; echo more >> libs/changed; " + std::string(kListing));
  const std::string seen = printed;
  const std::string before = Host(kListing);
  for (const Strings& options : {Strings{name, "lib", "-n"}, Strings{name, "lib"}}) {
    const Outcome outcome = Apply(options);
    BOOST_TEST(outcome.status == 1);
    BOOST_TEST(outcome.output.find("delete ") == std::string::npos, outcome.output);
    BOOST_TEST(Host(kListing) == before);
  }
  BOOST_TEST(Apply({name, "-n"}).status == 0);
  const Outcome outcome = Apply({name});
  BOOST_TEST(outcome.output == "10 applied\n", outcome.errors);
  BOOST_TEST(Host(kListing) == seen);
  BOOST_TEST(!IsKept(name));
}

// Killed before it had written down all of what it was about to exchange.
BOOST_AUTO_TEST_CASE(half_a_note_of_a_killed_one_is_in_nobodys_way) {
  Host("echo 1 > file");
  const std::string name = Review("echo 2 > file");
  WriteFile(kReviews + name + "/mount-0.exchange", "half");
  const Outcome outcome = Apply({name});
  BOOST_TEST(outcome.output == "1 applied\n", outcome.errors);
  BOOST_TEST(Host("cat file; ls -A") == "2\nfile\n");
}

BOOST_AUTO_TEST_CASE(what_a_killed_one_is_to_end_with_is_not_forgotten) {
  Host("echo 1 > file");
  const std::string name = Review("echo 2 > file");
  const std::string note = kReviews + name + "/mount-0.exchange";
  WriteFile(note, "half");
  Host("echo 2 > file");  // as the layer has it: nothing is changed any more
  BOOST_TEST(RunCommand({AgentboxPath(), "gc"}).status == 0);
  BOOST_TEST(Exists(note));
  const Outcome made = RunCommand({AgentboxPath(), "template", "create", name, "--from", name});
  BOOST_TEST(made.status == 1);
  BOOST_TEST(made.errors.find("an apply of it was killed") != std::string::npos, made.errors);
  BOOST_TEST(RunCommand({AgentboxPath(), "discard", name}).status == 0);
  BOOST_TEST(!Exists(kReviews + name));
}

BOOST_AUTO_TEST_CASE(what_runs_later_needs_the_option_or_a_yes) {
  Host("mkdir -p .git/hooks; echo a > src");
  const std::string script = "echo evil > .git/hooks/pre-commit; echo b > src";
  const std::string name = Review(script);
  const Outcome outcome = Apply({name});
  BOOST_TEST(outcome.status == 1);
  BOOST_TEST(outcome.output ==
             "skipped  .git/hooks/pre-commit (runs code later)\n1 applied, 1 left out\n" + name +
                 " stays: --allow-exec-config applies what runs code later\n");
  BOOST_TEST(!Exists(tree / ".git/hooks/pre-commit"));

  Terminal asked(ApplyCommand({name}), {.command = {.directory = tree.Path()}});
  BOOST_TEST(asked.Expect(".git/hooks/pre-commit"));
  BOOST_TEST(asked.Expect("[y,N]"));
  asked.Type("n\n");
  BOOST_TEST(asked.Wait() == 1);
  BOOST_TEST(!Exists(tree / ".git/hooks/pre-commit"));

  Terminal again(ApplyCommand({name}), {.command = {.directory = tree.Path()}});
  BOOST_TEST(again.Expect("[y,N]"));
  again.Type("y\n");
  BOOST_TEST(again.Wait() == 0);
  BOOST_TEST(ReadFile(tree / ".git/hooks/pre-commit") == "evil\n");

  Host("rm .git/hooks/pre-commit");
  BOOST_TEST(Apply({Review("echo evil > .git/hooks/pre-commit"), "--allow-exec-config"}).status ==
             0);
  BOOST_TEST(Exists(tree / ".git/hooks/pre-commit"));
}

BOOST_AUTO_TEST_CASE(a_trial_knows_that_directories_stay_for_what_was_hidden_in_them) {
  Host("for d in a b c; do mkdir $d; echo secret > $d/.env; echo host > $d/file; done");
  const std::string name = Review("mv a new; rm -r b c; echo in > c");
  const Outcome trial = Apply({name, "-n"});
  const Outcome outcome = Apply({name});
  for (const std::string line : {"skipped  a/ (something in the directory stays)\n",
                                 "skipped  b/ (something in the directory stays)\n",
                                 "skipped  c (something in the directory stays)\n"}) {
    BOOST_TEST(trial.output.find(line) != std::string::npos, trial.output);
    BOOST_TEST(outcome.output.find(line) != std::string::npos, outcome.output);
  }
  BOOST_TEST(trial.output.find("\n4 to apply, 4 left out\n") != std::string::npos, trial.output);
  BOOST_TEST(outcome.output.find("\n4 applied, 4 left out\n") != std::string::npos, outcome.output);
  BOOST_TEST(Host("cat a/.env b/.env c/.env c/file; ls a b c new") ==
             "secret\nsecret\nsecret\nhost\na:\n\nb:\n\nc:\nfile\n\nnew:\nfile\n");
}

BOOST_AUTO_TEST_CASE(interactive_shows_each_and_asks) {
  Host("echo a1 > a; echo b1 > b; echo c1 > c");
  const std::string name =
      Review("echo a2 > a; echo b2 > b; rm c; mkdir d; echo d2 > d/file; echo e > Makefile");
  CheckFails(Apply({name, "-i"}), 1, "no terminal");
  Terminal terminal(ApplyCommand({name, "-i"}), {.command = {.directory = tree.Path()}});
  BOOST_TEST(terminal.Expect("add      Makefile (runs code later)"));
  BOOST_TEST(terminal.Expect("[y,n,a,q]"));
  for (const char* const answer : {"Yes please\n", "?\n", "\n"}) {
    terminal.Type(answer);
    BOOST_TEST(terminal.Expect("n: do not;"));
    BOOST_TEST(terminal.Expect("[y,n,a,q]"));
  }
  terminal.Type("n\n");
  BOOST_TEST(terminal.Expect("a2"));
  BOOST_TEST(terminal.Expect("[y,n,a,q]"));
  terminal.Type("y\n");
  BOOST_TEST(terminal.Expect("b2"));
  BOOST_TEST(terminal.Expect("[y,n,a,q]"));
  terminal.Type("n\n");
  BOOST_TEST(terminal.Expect("[y,n,a,q]"));
  terminal.Type("a\n");
  BOOST_TEST(terminal.Expect(name + " stays: agentbox discard " + name + " removes it"));
  BOOST_TEST(terminal.Wait() == 0);
  BOOST_TEST(Host("cat a b d/file; ls") == "a2\nb1\nd2\na\nb\nd\n");
  BOOST_TEST(IsKept(name));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
