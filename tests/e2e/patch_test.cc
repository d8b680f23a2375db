// Patches of layers: git-apply(1) and patch(1) make of the real tree what was seen in the sandbox.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include <boost/test/unit_test.hpp>

#include "review/diff.h"
#include "support/layer_box.h"

namespace agentbox::test {
namespace {

// Standard output goes to the file, while this lives.
class Redirected {
 public:
  explicit Redirected(const std::string& path)
      : before_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    std::fflush(stdout);
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    ::dup2(file.Get(), STDOUT_FILENO);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;
  ~Redirected() { ::dup2(before_.Get(), STDOUT_FILENO); }

 private:
  UniqueFd before_;
};

struct DiffBox : LayerBox {
  review::DiffSummary summary;

  // What is printed, or the error.
  std::string Diff(review::DiffFormat format,
                   review::Coloring coloring = review::Coloring::kNever) {
    const std::string path = *this / "printed";
    const auto printed = [&]() -> Result<review::DiffSummary> {
      const Redirected redirected(path);
      review::Output output(coloring, {});
      auto result = review::PrintDiff(Layer(), "/work", format, output);
      TRY(output.Finish());
      return result;
    }();
    if (!printed) return printed.error().ToString();
    summary = *printed;
    return ReadFile(path);
  }

  void CheckPatch(const std::string& program, const std::string& command) {
    const std::string copy = *this / program;
    const Outcome outcome = RunCommand({"sh",
                                        "-ec",
                                        "rm -rf \"$2\"; cp -a \"$1\" \"$2\"; cd \"$2\"; " + command,
                                        "sh",
                                        Tree(),
                                        copy},
                                       {.environment = {"GIT_CEILING_DIRECTORIES=/tmp"}});
    BOOST_TEST(outcome.Succeeded(), program + ": " + outcome.output + outcome.errors);
    const Outcome compared = RunCommand({"diff", "-r", "--no-dereference", copy, Seen()});
    BOOST_TEST(compared.output + compared.errors == "", program);
    BOOST_TEST(Modes(copy) == Modes(Seen()), program);
  }

  // That both programs make of the tree what was seen.
  void CheckPatches() {
    Diff(review::DiffFormat::kPatch);
    CheckPatch("git", "git apply ../printed");
    CheckPatch("patch", "patch -s -p1 < ../printed");
  }

  std::string Modes(const std::string& directory) const {
    return RunCommand({"sh", "-c", "find . -type f -perm -100 | sort"}, {.directory = directory})
        .output;
  }
};

BOOST_FIXTURE_TEST_SUITE(patches, DiffBox)

BOOST_AUTO_TEST_CASE(a_patch_is_what_git_would_print) {
  InTree("printf '1\\n2\\n3\\n' > modified; echo gone > deleted; echo run > run; ln -s one link");
  Inside(
      "sed -i s/2/two/ modified; rm deleted; printf new > added; chmod 755 run; ln -sfn two link");
  BOOST_TEST(Diff(review::DiffFormat::kPatch) ==
             "diff --git a/added b/added\n"
             "new file mode 100644\n"
             "--- /dev/null\n"
             "+++ b/added\n"
             "@@ -0,0 +1 @@\n"
             "+new\n"
             "\\ No newline at end of file\n"
             "diff --git a/deleted b/deleted\n"
             "deleted file mode 100644\n"
             "--- a/deleted\n"
             "+++ /dev/null\n"
             "@@ -1 +0,0 @@\n"
             "-gone\n"
             "diff --git a/link b/link\n"
             "deleted file mode 120000\n"
             "--- a/link\n"
             "+++ /dev/null\n"
             "@@ -1 +0,0 @@\n"
             "-one\n"
             "\\ No newline at end of file\n"
             "diff --git a/link b/link\n"
             "new file mode 120000\n"
             "--- /dev/null\n"
             "+++ b/link\n"
             "@@ -0,0 +1 @@\n"
             "+two\n"
             "\\ No newline at end of file\n"
             "diff --git a/modified b/modified\n"
             "--- a/modified\n"
             "+++ b/modified\n"
             "@@ -1,3 +1,3 @@\n"
             " 1\n"
             "-2\n"
             "+two\n"
             " 3\n"
             "diff --git a/run b/run\n"
             "old mode 100644\n"
             "new mode 100755\n");
  BOOST_TEST(summary.changes == 5U);
  BOOST_TEST(summary.incomplete == 0U);
  CheckPatches();
}

BOOST_AUTO_TEST_CASE(every_kind_of_change_to_files_can_be_applied) {
  InTree(
      "mkdir -p d/e r/s t; seq 100 > d/e/f; seq 5 > r/s/f; echo x > t/x; ln -s x t/l;"
      " echo 3 > was_link; ln -s was_link l; : > empty;"
      "printf 'no newline' > end; seq 1000 > long; printf '#!\\n' > prog; chmod 755 prog");
  Inside(
      "rm -r d; mv r renamed; seq 3 >> renamed/s/f; rm t/l; ln t/x t/l; rm l;"
      " echo l > l; rm empty;"
      ": > new_empty; rm was_link; ln -s target was_link; echo ' now' >> end; chmod 644 prog;"
      "sed -i '10d;500s/$/ changed/;900i new' long; mkdir -p n/e/w; printf '\\n\\n' > n/e/w/f;"
      "printf '%s\\n' '--- a/x' '+++ b/x' '@@ -1 +1 @@' 'diff --git a/l b/l' > n/tricky;"
      "printf 'cr\\r\\nlf\\n' > n/cr; printf '\\377\\376\\n' > n/latin; chmod +x n/cr");
  CheckPatches();
}

// patch(1) makes all changes at its end, and then each name at once: it can do neither.
BOOST_AUTO_TEST_CASE(git_applies_files_that_became_directories_and_the_other_way_round) {
  InTree("echo 1 > was_file; mkdir was_dir; echo 2 > was_dir/f");
  Inside("rm was_file; mkdir was_file; echo new > was_file/f; rm -r was_dir; echo file > was_dir");
  Diff(review::DiffFormat::kPatch);
  CheckPatch("git", "git apply ../printed");
}

BOOST_AUTO_TEST_CASE(directories_and_files_that_change_places_can_be_applied_by_git) {
  InTree(
      "mkdir -p to_file/sub to_link swap; echo 1 > to_file/sub/f; : > to_file/empty; ln -s f "
      "to_file/l;"
      "echo 2 > to_link/f; echo 3 > file; ln -s x link; echo 4 > swap/f");
  Inside(
      "rm -r to_file to_link file link; echo file > to_file; ln -s swap to_link; mkdir file link;"
      "echo new > file/f; : > link/f; chmod +x file/f");
  Diff(review::DiffFormat::kPatch);
  CheckPatch("git", "git apply ../printed");
}

BOOST_AUTO_TEST_CASE(strange_names_can_be_applied) {
  InTree(
      "echo 1 > $'tab\\there'; echo 2 > 'a b'; echo 3 > größe; echo 4 > $'\\xff'; echo 5 > 'a b '");
  Inside(
      "echo m >> $'tab\\there'; echo m >> 'a b'; echo m >> größe; rm $'\\xff'; rm 'a b ';"
      "echo x > $'line\\nbreak'; : > 'empty with blank'; : > $'empty\\t\\\"quoted\\\"';"
      "echo y > $'\\e[31m'; echo z > '-rf'; echo b > 'x b'; mkdir 'b b'; echo b > 'b b/b'");
  CheckPatches();
}

BOOST_AUTO_TEST_CASE(binary_files_are_named_and_stop_nothing) {
  InTree("printf 'a\\0b' > changed; printf '\\0' > gone; printf 'text' > after; : > before");
  Inside(
      "printf 'a\\0c' > changed; rm gone; chmod 755 changed; printf '\\0' > new; echo more >> "
      "after;"
      "rm before");
  const std::string patch = Diff(review::DiffFormat::kPatch);
  BOOST_TEST(patch.find("\nBinary files a/changed and b/changed differ\n") != std::string::npos);
  BOOST_TEST(patch.find("\nBinary files a/gone and /dev/null differ\n") != std::string::npos);
  BOOST_TEST(patch.find("\nBinary files /dev/null and b/new differ\n") != std::string::npos);
  BOOST_TEST(summary.incomplete == 3U);
  InTree("printf 'a\\0c' > changed; rm gone; printf '\\0' > new");
  CheckPatch("git", "git apply ../printed");
  CheckPatch("patch", "patch -s -p1 < ../printed");
}

BOOST_AUTO_TEST_CASE(what_a_patch_can_not_say_is_said_beside_it) {
  InTree("mkdir d; echo 1 > owner; echo 2 > mode; echo 3 > both");
  Inside("chmod 700 d; chown 1:2 owner; chmod 600 mode; chown 3 both; echo 4 >> both; mkfifo fifo");
  const std::string patch = Diff(review::DiffFormat::kPatch);
  for (const char* line : {"# m  d/  (mode 0755 to 0700)\n",
                           "# m  owner  (owner 0:0 to 1:2)\n",
                           "# m  mode  (mode 0644 to 0600)\n",
                           "# M  both  (contents, owner 0:0 to 3:0)\n",
                           "# A  fifo  (fifo)\n"}) {
    BOOST_TEST(patch.find(line) != std::string::npos, line);
  }
  BOOST_TEST(summary.incomplete == 5U);
  Inside("rm fifo");
  CheckPatches();
}

// git refuses a patch as a whole for one such name in it.
BOOST_AUTO_TEST_CASE(names_that_git_refuses_stand_beside_the_patch) {
  InTree("mkdir -p .git sub/.git; echo 1 > a; echo 1 > .git/index; echo 1 > sub/.git/HEAD");
  Inside(
      "echo 2 > a; echo 2 > .git/index; rm sub/.git/HEAD; mkdir .git/refs; echo x > .git/refs/x;"
      "mkdir .GIT 'git~1'; echo x > .GIT/x; echo x > 'git~1/x'; echo x > '.git. :s';"
      "echo x > 'a\\.git'; ln -s a .gitmodules; : > git~12; : > .gitmodule; : > .gitignore");
  const std::string patch = Diff(review::DiffFormat::kPatch);
  for (const char* line : {"# A  .GIT/x\n",
                           "# A  .git. :s\n",
                           "# M  .git/index\n",
                           "# A  .git/refs/x\n",
                           "# A  .gitmodules  (symlink)\n",
                           "# A  \"a\\\\.git\"\n",
                           "# A  git~1/x\n",
                           "# D  sub/.git/HEAD\n"}) {
    BOOST_TEST(patch.find(line) != std::string::npos, line + patch);
  }
  BOOST_TEST(patch.find("refs/\n") == std::string::npos, patch);
  BOOST_TEST(summary.incomplete == 8U);
  // To be read they are there: what runs later is.
  const std::string shown = Diff(review::DiffFormat::kPatch, review::Coloring::kAlways);
  BOOST_TEST(shown.find("+++ b/.git/refs/x") != std::string::npos, shown);
  BOOST_TEST(summary.incomplete == 8U);
  Inside(
      "echo 1 > .git/index; echo 1 > sub/.git/HEAD; rm -r .git/refs .GIT git~1 '.git. :s'"
      " 'a\\.git' .gitmodules");
  CheckPatches();
}

BOOST_AUTO_TEST_CASE(directories_that_no_file_makes_or_removes_are_said_beside_it) {
  InTree(
      "mkdir -p gone/in with; echo 1 > with/f; echo 1 > file; mkdir old; mkdir -m 750 was_private;"
      "echo 1 > was_private/f");
  Inside(
      "mkdir -p logs/cache made/deep; : > made/deep/f; rm -r gone with was_private; rm file;"
      "mkdir file; mv old new; mkdir -m 700 private; : > private/f; mkdir -m 1755 z; : > z/f");
  const std::string patch = Diff(review::DiffFormat::kPatch);
  const auto lines = [](std::string text) {
    text = "\n" + text;
    std::string found;
    for (auto at = text.find("\n# "); at != std::string::npos; at = text.find("\n# ", at + 1))
      found += text.substr(at + 1, text.find('\n', at + 1) - at);
    return found;
  };
  BOOST_TEST(lines(patch) ==
             "# T  file/  (file to directory)\n"
             "# D  gone/in/\n"
             "# A  logs/cache/\n"
             "# A  new/  (from old)\n"
             "# D  old/\n"
             "# A  private/  (mode 0700)\n"
             "# A  z/  (mode 1755)\n");
  BOOST_TEST(summary.incomplete == 7U);
  InTree("rm -r gone old");
  Inside("rm -r file logs new");
  CheckPatches();
}

// Else git-apply(1) refuses it as a whole, or stops in the middle.
BOOST_AUTO_TEST_CASE(what_can_not_take_its_place_stands_beside_the_patch) {
  InTree(
      "mkdir -p bare/e/f binary/in refused/.git more/in empty; printf '\\0' > binary/in/b;"
      "echo t > binary/t; echo x > refused/.git/x; echo k > k; echo m > more/m; mkdir more/e;"
      "echo f > more/in/f; printf '\\0' > file; printf '\\0' > link; mkfifo fifo pipe;"
      "mkdir text; echo t > text/t");
  Inside(
      "rm -r bare binary refused more empty file link fifo pipe text; for new in bare binary "
      "refused more empty fifo text; do echo new > $new; done; ln -s k link; mkdir file pipe;"
      "echo new > file/new; mkdir file/deep; echo new > file/deep/new; echo new > pipe/new;"
      "echo k2 > k; echo z > z");
  const std::string patch = Diff(review::DiffFormat::kPatch);
  for (const char* line : {"# T  bare  (directory to file)\n",
                           "# T  binary  (directory to file)\n",
                           "# T  refused  (directory to file)\n",
                           "# T  more  (directory to file)\n",
                           "# T  fifo  (fifo to file)\n",
                           "# A  file/new\n",
                           "# A  file/deep/new\n",
                           "# A  pipe/new\n",
                           "\nBinary files a/link and b/link differ\n"}) {
    BOOST_TEST(patch.find(line) != std::string::npos, line + patch);
  }
  // These diff(1) can not compare.
  InTree("rm fifo pipe");
  Inside(
      "rm -r bare binary refused more file link fifo pipe; mkdir -p bare/e/f binary/in refused/.git"
      " more/e; echo x > refused/.git/x; for stays in binary/in/b file link; do printf '\\0' > "
      "$stays; done");
  CheckPatch("git", "git apply ../printed");
}

BOOST_AUTO_TEST_CASE(nor_does_a_directory_go_with_something_hidden_in_it) {
  InTree("mkdir d; echo 1 > d/f; echo secret > d/.env; echo k > k");
  InLayer("mkdir d; mknod d/.env c 0 0");
  Layer().hidden = {"d/.env"};
  Inside("rm -r d; echo x > d; echo k2 > k");
  const std::string patch = Diff(review::DiffFormat::kPatch);
  BOOST_TEST(patch.find("# T  d  (directory to file)\n") != std::string::npos, patch);
  BOOST_TEST(summary.incomplete == 1U);
  Inside("rm d; mkdir d; echo secret > d/.env");
  CheckPatch("git", "git apply ../printed");
}

// patch(1) gives a copy a longer name on the way.
BOOST_AUTO_TEST_CASE(names_that_are_too_long_for_patch_stand_beside_it) {
  const std::string longest(247, 'n');
  const std::string more(248, 'm');
  InTree("echo 1 > z; echo 1 > " + more);
  Inside("echo 2 > z; echo 1 > " + longest + "; echo 2 > " + more + "; mkdir d" + longest +
         "; echo 1 > d" + longest + "/f");
  const std::string patch = Diff(review::DiffFormat::kPatch);
  BOOST_TEST(patch.find("# M  " + more + "\n") != std::string::npos, patch);
  BOOST_TEST(summary.incomplete == 1U);
  Inside("echo 1 > " + more);
  CheckPatch("git", "git apply ../printed");
  CheckPatch("patch", "patch -s -p1 < ../printed");
}

// Of whoever applies the patch; what comes from the directory above is no difference either.
BOOST_AUTO_TEST_CASE(the_mode_of_a_directory_as_it_is_made_for_a_file_is_not_said) {
  Inside("mkdir -m 755 a; mkdir -m 775 b; mkdir -m 2755 c; : > a/f; : > b/f; : > c/f");
  BOOST_TEST(Diff(review::DiffFormat::kPatch).find("# A  b/  (mode 0775)\n") != std::string::npos);
  BOOST_TEST(summary.incomplete == 1U);
  const mode_t before = ::umask(002);
  Diff(review::DiffFormat::kPatch);
  ::umask(before);
  BOOST_TEST(summary.incomplete == 0U);
}

BOOST_AUTO_TEST_CASE(modes_that_a_new_file_has_and_a_patch_not_are_said) {
  Inside("echo 1 > f; chmod 4755 f");
  BOOST_TEST(Diff(review::DiffFormat::kPatch).starts_with("# A  f  (mode 4755)\ndiff --git "));
}

BOOST_AUTO_TEST_CASE(a_change_is_counted_once) {
  InTree("printf '\\0' > f");
  Inside("printf '\\1\\0' > f; chown 1:2 f");
  Diff(review::DiffFormat::kPatch);
  BOOST_TEST(summary.incomplete == 1U);
}

BOOST_AUTO_TEST_CASE(lines_are_counted) {
  InTree("seq 10 > m; seq 3 > d; printf '\\0' > b");
  Inside("sed -i '1d;5s/$/x/' m; rm d; seq 4 > a; printf '\\1\\0' > b; mkdir n");
  BOOST_TEST(Diff(review::DiffFormat::kStat) ==
             "       +4           A  a\n"
             "   binary           M  b\n"
             "                -3  D  d\n"
             "       +1       -2  M  m\n"
             "                    A  n/\n"
             "5 changes, 5 lines added, 5 deleted\n");
}

BOOST_AUTO_TEST_CASE(json_is_one_object_a_line) {
  InTree("echo 1 > f");
  Inside("echo 2 > f; touch $'\\xff\\n'");
  const std::string text = Diff(review::DiffFormat::kJson);
  const Outcome read = RunCommand(
      {"python3",
       "-c",
       "import json, sys\n"
       "for line in sys.stdin:\n"
       "    change = json.loads(line)\n"
       "    name = bytes.fromhex(change['pathHex']) if 'pathHex' in change else change['path']\n"
       "    print(change['change'], change['tree'], name, *change['differs'],\n"
       "          change['after']['size'])"},
      {.input = text});
  BOOST_TEST(read.output == "modified /work f contents 2\nadded /work b'\\xff\\n' 0\n",
             read.errors + text);
}

BOOST_AUTO_TEST_CASE(with_colours_contents_are_made_visible) {
  InTree("printf 'a\\n' > f");
  Inside("printf '\\033]0;owned\\007\\n' > f; echo $'\\xc2\\x9b31m' > g");
  const std::string exact = Diff(review::DiffFormat::kPatch);
  BOOST_TEST(exact.find("+\x1b]0;owned\x07\n") != std::string::npos);
  const std::string shown = Diff(review::DiffFormat::kPatch, review::Coloring::kAlways);
  BOOST_TEST(shown.find("\x1b[32m+\\x1b]0;owned\\x07\x1b[m\n") != std::string::npos);
  BOOST_TEST(shown.find("\x1b[32m+\\xc2\\x9b31m\x1b[m\n") != std::string::npos);
  BOOST_TEST(shown.find("\x1b]") == std::string::npos);
}

// Not even what the sandbox wrote itself: the patch would put that in its place.
BOOST_AUTO_TEST_CASE(of_what_was_hidden_a_patch_has_nothing) {
  InTree("mkdir keys; echo secret > .env; echo secret > keys/id; echo secret > keys/gone");
  InLayer("mknod .env c 0 0; mknod keys c 0 0");
  Layer().hidden = {".env", "keys"};
  Inside("echo mine > .env; mkdir keys; echo mine > keys/new; ln -s mine keys/id");
  BOOST_TEST(Diff(review::DiffFormat::kPatch) ==
             "# M  .env  (contents, hidden from the sandbox)\n"
             "# T  keys/id  (file to symlink, hidden from the sandbox)\n"
             "# A  keys/new  (hidden from the sandbox)\n");
  BOOST_TEST(summary.incomplete == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
