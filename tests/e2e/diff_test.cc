// `agentbox diff` on reviews that `agentbox do` has left.
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/do_box.h"
#include "support/terminal.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

struct Diffing : DoBox {
  Diffing() = default;
  Diffing(const Diffing&) = delete;
  Diffing& operator=(const Diffing&) = delete;
  ~Diffing() { RunCommand({AgentboxPath(), "discard"}, {.directory = tree.Path()}); }

  // Of the tree's review, in a subdirectory of it or in the tree itself.
  Outcome Diff(const Strings& args, const std::string& directory = "") const {
    Strings all = {AgentboxPath(), "diff"};
    all.insert(all.end(), args.begin(), args.end());
    return RunCommand(all, {.directory = tree / directory});
  }

  std::string OutputOfDiff(const Strings& args, const std::string& directory = "") const {
    const Outcome outcome = Diff(args, directory);
    BOOST_TEST(outcome.status == 0, outcome.errors);
    return outcome.output;
  }

  void Review(const std::string& script) const { OutputOf(script, {"--review"}); }

  // At a terminal of 24 lines.
  std::string Screen(const Strings& args, const Strings& environment) const {
    Strings all = {AgentboxPath(), "diff"};
    all.insert(all.end(), args.begin(), args.end());
    TerminalOptions options;
    options.command.environment = environment;
    options.command.directory = tree.Path();
    Terminal terminal(all, options);
    BOOST_TEST(terminal.Wait() == 0);
    return terminal.Screen();
  }
};

BOOST_FIXTURE_TEST_SUITE(diff, Diffing)

BOOST_AUTO_TEST_CASE(what_a_sandbox_wrote_is_listed) {
  fs::create_directories(tree / "src/old");
  WriteFile(tree / "src/main.c", "one\n");
  WriteFile(tree / "src/old/file", "two\n");
  WriteFile(tree / "unchanged", "three\n");
  Review("echo more >> src/main.c; mv src/old src/new; touch unchanged; chmod 600 unchanged");
  const std::string all =
      "M  src/main.c\n"
      "A  src/new/  (from src/old)\n"
      "A  src/new/file\n"
      "D  src/old/\n"
      "D  src/old/file\n"
      "m  unchanged  (mode 0644 to 0600)\n";
  BOOST_TEST(OutputOfDiff({}) == all);
  BOOST_TEST(OutputOfDiff({"main.c", "new/"}, "src") ==
             "M  src/main.c\nA  src/new/  (from src/old)\nA  src/new/file\n");
  BOOST_TEST(OutputOfDiff({"--", tree / "unchanged"}) == "m  unchanged  (mode 0644 to 0600)\n");
  BOOST_TEST(OutputOfDiff({"--stat", "src/main.c"}) ==
             "       +1           M  src/main.c\n1 changes, 1 lines added, 0 deleted\n");
}

BOOST_AUTO_TEST_CASE(its_patch_can_be_applied) {
  WriteFile(tree / "modified", "one\n");
  WriteFile(tree / "deleted", "two\n");
  Review("echo more >> modified; rm deleted; echo new > added; printf '\\0' > binary; mkfifo fifo");
  const Outcome patch = Diff({"-p"});
  BOOST_TEST(patch.status == 0);
  BOOST_TEST(
      patch.errors.find("2 changes are not, or not wholly, in the patch") != std::string::npos,
      patch.errors);
  const Outcome applied = RunCommand({"git", "apply"},
                                     {.input = patch.output,
                                      .environment = {"GIT_CEILING_DIRECTORIES=/srv"},
                                      .directory = tree.Path()});
  BOOST_TEST(applied.Succeeded(), applied.errors);
  BOOST_TEST(ReadFile(tree / "modified") == "one\nmore\n");
  BOOST_TEST(ReadFile(tree / "added") == "new\n");
  BOOST_TEST(!Exists(tree / "deleted"));
  BOOST_TEST(OutputOfDiff({}) == "A  binary\nA  fifo  (fifo)\n");
}

BOOST_AUTO_TEST_CASE(its_patch_can_be_applied_where_the_sandbox_made_a_commit) {
  const std::string commit =
      "git -c user.name=a -c user.email=a@example.org commit -qam \"$1\" < /dev/null";
  WriteFile(tree / "a", "one\n");
  const Outcome made = RunCommand({"sh", "-ec", "git init -q; git add a; " + commit, "sh", "first"},
                                  {.directory = tree.Path()});
  BOOST_REQUIRE(made.Succeeded());
  Review("echo two >> a; mkdir -p logs/cache; set -- second; " + commit);
  const Outcome patch = Diff({"-p"});
  BOOST_TEST(patch.output.find("\n# A  logs/cache/\n") != std::string::npos, patch.output);
  BOOST_TEST(patch.errors.find(" changes are not, or not wholly, in the patch") !=
             std::string::npos);
  const Outcome applied =
      RunCommand({"git", "apply"}, {.input = patch.output, .directory = tree.Path()});
  BOOST_TEST(applied.Succeeded(), applied.errors);
  BOOST_TEST(ReadFile(tree / "a") == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(nothing_a_sandbox_wrote_reaches_the_terminal_as_an_order) {
  Review("printf '\\033]0;owned\\007\\302\\2331m\\n' > file; touch \"$(printf 'a\\033[2Jb\\nc')\"");
  for (const Strings& args : {Strings{}, Strings{"-p"}, Strings{"--json"}, Strings{"--stat"}}) {
    const std::string screen = Screen(args, {"TERM=xterm", "PAGER=cat"});
    BOOST_TEST(screen.find("file") != std::string::npos, screen);
    BOOST_TEST(screen.find("\x1b]") == std::string::npos, screen);
    BOOST_TEST(screen.find("\x1b[2J") == std::string::npos, screen);
    BOOST_TEST(screen.find("\xc2\x9b") == std::string::npos, screen);
  }
  BOOST_TEST(Screen({"-p"}, {"TERM=xterm", "PAGER=cat"}).find("\x1b[32m+\\x1b]0;owned") !=
             std::string::npos);
  BOOST_TEST(Screen({"-p"}, {"TERM=xterm", "PAGER=cat", "NO_COLOR=1"}).find('\x1b') ==
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_longer_than_the_screen_goes_through_the_pager) {
  Review("touch one two");
  const Strings paged = {"TERM=xterm", "NO_COLOR=1", "PAGER=sed s/^/paged:/"};
  BOOST_TEST(Screen({}, paged) == "A  one\r\nA  two\r\n");
  RunCommand({AgentboxPath(), "discard"}, {.directory = tree.Path()});
  Review("touch $(seq 100)");
  BOOST_TEST(Screen({}, paged).find("paged:A  100\r\n") != std::string::npos);
  BOOST_TEST(Screen({"--no-pager"}, paged).find("paged") == std::string::npos);
  // One that ends early ends the listing.
  BOOST_TEST(Screen({}, {"TERM=xterm", "NO_COLOR=1", "PAGER=head -n 1"}) == "A  1\r\n");
}

BOOST_AUTO_TEST_CASE(without_a_pager_that_can_be_started_it_is_printed) {
  const Strings missing = {"TERM=xterm", "NO_COLOR=1", "PAGER=agentbox-no-such-pager"};
  Review("touch $(seq 100); seq 100000 > large");
  const std::string listed = Screen({}, missing);
  BOOST_TEST(listed.find("A  1\r\nA  10\r\n") != std::string::npos, listed);
  BOOST_TEST(listed.find("A  99\r\nA  large\r\n") != std::string::npos, listed);
  BOOST_TEST(listed.find("warning: the pager \"agentbox-no-such-pager\" could not be started") !=
                 std::string::npos,
             listed);
  // Of no program, the shell says so otherwise.
  const Strings wrong = {"TERM=xterm", "NO_COLOR=1", "PAGER=/etc/passwd"};
  BOOST_TEST(Screen({}, wrong).find("A  99\r\nA  large\r\n") != std::string::npos);
  // More than a pipe holds.
  const std::string patch = Screen({"-p"}, missing);
  BOOST_TEST(patch.find("\ndiff --git a/1 b/1\r\n") != std::string::npos);
  BOOST_TEST(patch.find("\n+1\r\n+2\r\n") != std::string::npos);
  BOOST_TEST(patch.find("\n+100000\r\n") != std::string::npos);
  // One that has read has had its say.
  const Strings fails = {"TERM=xterm", "NO_COLOR=1", "PAGER=head -n 1; exit 1"};
  BOOST_TEST(Screen({}, fails) == "A  1\r\n");
}

BOOST_AUTO_TEST_CASE(without_a_name_it_is_the_review_of_the_first_path) {
  fs::create_directory(tree / "src");
  Review("touch src/one two");
  const auto from_elsewhere = [](const std::string& path) {
    return RunCommand({AgentboxPath(), "diff", path}, {.directory = "/usr"});
  };
  BOOST_TEST(from_elsewhere(tree / "src/../src").output == "A  src/one\n");
  BOOST_TEST(from_elsewhere(tree.Path()).output == "A  src/one\nA  two\n");
  CheckFails(from_elsewhere("src"),
             1,
             "\"src\" is no review, and nothing of it or of \"/usr\" waits for review");
}

// As a shell's $PWD may have them.
BOOST_AUTO_TEST_CASE(paths_through_symlinks_are_understood) {
  fs::create_directories(tree / "project/real/a");
  fs::create_directory_symlink("real", tree / "project/inner");
  fs::create_directory_symlink("project", tree / "outer");
  OutputOf("echo 1 > real/a/f; echo 2 > b; ln -sfn real/a inner",
           {"--review", "-C", tree / "project"});
  for (const std::string directory : {"", "project"}) {
    BOOST_TEST(OutputOfDiff({tree / "outer/b"}, directory) == "A  b\n");
    BOOST_TEST(OutputOfDiff({tree / "outer/real/none/../a"}, directory) == "A  real/a/f\n");
    BOOST_TEST(OutputOfDiff({tree / "outer/inner/a"}, directory) == "A  real/a/f\n");
  }
  BOOST_TEST(OutputOfDiff({"outer"}) == OutputOfDiff({"project"}));
  BOOST_TEST(OutputOfDiff({"inner/a/f"}, "project") == "A  real/a/f\n");
  // It is one of the files of the tree.
  BOOST_TEST(OutputOfDiff({tree / "outer/inner"}).starts_with("M  inner"));
  CheckFails(Diff({"outer/other"}), 1, "\"outer/other\" is neither a review nor anything that");
}

BOOST_AUTO_TEST_CASE(wrong_command_lines_are_told) {
  Review("touch one");
  CheckFails(Diff({"--stat", "-p"}), 1, "--patch, --stat and --json exclude each other");
  CheckFails(Diff({"/nowhere"}), 1, "\"/nowhere\" is neither a review nor anything that ");
  CheckFails(Diff({"brave-oter"}), 1, "\"brave-oter\" is neither a review nor anything that ");
  CheckFails(Diff({"--color", "blue"}), 1, "blue");
}

BOOST_AUTO_TEST_CASE(a_user_sees_the_changes_of_an_own_sandbox) {
  const User user;
  const std::string path = tree / "agentbox";
  fs::copy_file(AgentboxPath(), path);
  fs::permissions(path, fs::perms(0755));
  const Outcome outcome =
      user.Run("mkdir -p work/d; cd work; echo 1 > modified; touch d/gone d/kept;" + path +
               " do -q --review --network none --name " + NewId() +
               " sh -c 'echo 2 > modified; rm -r d; mkdir d; touch d/kept new' && " + path +
               " diff; " + path + " discard > /dev/null");
  BOOST_TEST(outcome.output == "D  d/gone\nM  modified\nA  new\n", outcome.errors);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
