#include "review/patch_text.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::review {
namespace {

constexpr mode_t kFile = S_IFREG | 0644;
constexpr mode_t kProgram = S_IFREG | 0755;
constexpr mode_t kLink = S_IFLNK | 0777;

BOOST_AUTO_TEST_SUITE(patch_text)

BOOST_AUTO_TEST_CASE(a_copy_has_eight_more_characters_in_its_name) {
  const std::string longest(247, 'n');
  BOOST_TEST(!IsTooLongForPatch(longest));
  BOOST_TEST(!IsTooLongForPatch(longest + "n/" + longest));
  BOOST_TEST(IsTooLongForPatch(longest + "n"));
  BOOST_TEST(IsTooLongForPatch("d/" + longest + "n"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_new_or_deleted_says_its_mode) {
  BOOST_TEST(PatchHeader("f", 0, kProgram, false) == "diff --git a/f b/f\nnew file mode 100755\n");
  BOOST_TEST(PatchHeader("f", kFile, 0, false) == "diff --git a/f b/f\ndeleted file mode 100644\n");
  BOOST_TEST(PatchHeader("l", 0, kLink, false) == "diff --git a/l b/l\nnew file mode 120000\n");
}

BOOST_AUTO_TEST_CASE(an_empty_one_says_that_it_is) {
  BOOST_TEST(PatchHeader("f", 0, kFile, true) ==
             "diff --git a/f b/f\nnew file mode 100644\nindex 0000000..e69de29\n");
  BOOST_TEST(PatchHeader("f", kFile, 0, true) ==
             "diff --git a/f b/f\ndeleted file mode 100644\nindex e69de29..0000000\n");
}

BOOST_AUTO_TEST_CASE(a_mode_is_told_where_git_has_two) {
  BOOST_TEST(PatchHeader("f", kFile, kProgram, false) ==
             "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n");
  BOOST_TEST(PatchHeader("f", kFile, S_IFREG | 0600, false) == "diff --git a/f b/f\n");
}

BOOST_AUTO_TEST_CASE(names_are_quoted_where_they_would_end_early) {
  BOOST_TEST(PatchNames("f", kFile, kFile) == "--- a/f\n+++ b/f\n");
  BOOST_TEST(PatchNames("a b", 0, kFile) == "--- /dev/null\n+++ \"b/a b\"\n");
  BOOST_TEST(PatchNames("a\n b", kFile, 0) == "--- \"a/a\\n b\"\n+++ /dev/null\n");
  BOOST_TEST(
      PatchHeader("a b", kFile, kProgram, false).starts_with("diff --git \"a/a b\" \"b/a b\"\n"));
}

// In each, what `git apply --check` says is "invalid path".
BOOST_AUTO_TEST_CASE(names_that_git_refuses_are_known) {
  for (const char* path : {".git",
                           "a/.git/b",
                           ".GiT/x",
                           "git~1",
                           "GIT~1/x",
                           ".git.",
                           ".git . /x",
                           "a/.git:stream",
                           "a\\.git",
                           ".git\\x",
                           "git~1.. "}) {
    BOOST_TEST(IsRefusedByGit(path, 0, kFile), path);
    BOOST_TEST(IsRefusedByGit(path, kFile, 0), path);
  }
  for (const char* path : {"git",
                           ".gitignore",
                           ".github/x",
                           "a.git",
                           "git~2",
                           "git~10",
                           ".gi/t",
                           ".gitmodules",
                           "gitmod~1",
                           ".git-x",
                           "x/.gitattributes"})
    BOOST_TEST(!IsRefusedByGit(path, kFile, kFile), path);
}

BOOST_AUTO_TEST_CASE(of_symlinks_git_refuses_more_names) {
  for (const char* path : {".gitmodules",
                           "a/.GITmodules",
                           ".gitmodules . ",
                           "gitmod~1",
                           "GITMOD~4",
                           "gi7eba~1",
                           "gi7e~123"})
    BOOST_TEST(IsRefusedByGit(path, 0, kLink), path);
  BOOST_TEST(IsRefusedByGit(".gitmodules", kLink, kFile));
  for (const char* path : {"gitmodules", ".gitmodules2", ".gitmodule", "file~1", "gitmod~", "link"})
    BOOST_TEST(!IsRefusedByGit(path, 0, kLink), path);
}

BOOST_AUTO_TEST_CASE(a_binary_file_is_named_apart_from_the_header_before) {
  BOOST_TEST(BinaryLine("f", kFile, kFile) == "\nBinary files a/f and b/f differ\n");
  BOOST_TEST(BinaryLine("f", 0, kFile) == "\nBinary files /dev/null and b/f differ\n");
}

BOOST_AUTO_TEST_CASE(whole_files_are_one_hunk) {
  BOOST_TEST(WholeHunk('+', "a\n") == "@@ -0,0 +1 @@\n+a\n");
  BOOST_TEST(WholeHunk('+', "a\n\nb\n") == "@@ -0,0 +1,3 @@\n+a\n+\n+b\n");
  BOOST_TEST(WholeHunk('-', "a\nb") == "@@ -1,2 +0,0 @@\n-a\n-b\n\\ No newline at end of file\n");
  BOOST_TEST(WholeHunk('+', "target") == "@@ -0,0 +1 @@\n+target\n\\ No newline at end of file\n");
}

BOOST_AUTO_TEST_CASE(a_nul_near_the_start_makes_a_file_binary) {
  BOOST_TEST(IsText(""));
  BOOST_TEST(IsText("\xff\x1b\n"));
  BOOST_TEST(!IsText(std::string_view("a\0", 2)));
  BOOST_TEST(!IsText(std::string(7999, 'a') + '\0'));
  BOOST_TEST(IsText(std::string(8000, 'a') + '\0'));
}

BOOST_AUTO_TEST_CASE(lines_are_counted) {
  BOOST_TEST(CountLines("") == 0U);
  BOOST_TEST(CountLines("a") == 1U);
  BOOST_TEST(CountLines("a\nb\n") == 2U);
  const LineCounts counts =
      CountHunks("@@ -1,3 +1,3 @@\n-a\n+b\n+--- c\n d\n\\ No newline at end of file\n");
  BOOST_TEST(counts.added == 2U);
  BOOST_TEST(counts.deleted == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
