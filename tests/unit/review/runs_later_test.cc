// Which files run code later, by the default of review.execConfig and by patterns.
#include "review/runs_later.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "policy/policy.h"

namespace agentbox::review {
namespace {

bool ByDefault(const std::string& path) {
  return RunsLater(policy::DefaultPolicy().exec_config, {"/home/ann/src", path});
}

bool By(const std::string& pattern, const std::string& path) {
  return RunsLater({pattern}, {"/home/ann/src", path});
}

BOOST_AUTO_TEST_SUITE(runs_later)

BOOST_AUTO_TEST_CASE(the_default_names_what_is_run_without_being_asked_for) {
  for (const char* const path : {".git/hooks/pre-commit",
                                 ".git/config",
                                 "vendor/lib/.git/hooks/post-checkout",
                                 "vendor/lib/.git",
                                 ".git/modules/a/b/config",
                                 ".git/modules/a/hooks/post-checkout",
                                 ".gitmodules",
                                 ".bashrc",
                                 "home/.zshenv",
                                 ".envrc",
                                 "deep/er/.envrc",
                                 ".vscode/tasks.json",
                                 ".vscode/launch.json",
                                 ".idea/workspace.xml",
                                 ".idea/runConfigurations/x.xml",
                                 ".github/workflows/ci.yml",
                                 ".gitlab-ci.yml",
                                 "Makefile",
                                 "sub/makefile",
                                 "Taskfile.yaml",
                                 "lefthook.yaml",
                                 ".pnpmfile.cjs",
                                 ".bazelrc",
                                 "mise.local.toml",
                                 ".config/mise/config.toml",
                                 ".mise/tasks/build",
                                 ".gemini/settings.json",
                                 "rules.mk"}) {
    BOOST_TEST(ByDefault(path), path);
  }
}

BOOST_AUTO_TEST_CASE(the_default_leaves_the_work_itself_alone) {
  for (const char* const path : {"src/main.cc",
                                 "README.md",
                                 ".git/objects/ab/cdef",
                                 ".git/index",
                                 ".git/refs/heads/main",
                                 ".gitignore",
                                 "config",
                                 "hooks/pre-commit",
                                 "git/config",
                                 "Makefile.md",
                                 "xMakefile",
                                 ".github/CODEOWNERS",
                                 "profile"}) {
    BOOST_TEST(!ByDefault(path), path);
  }
}

// HEAD, config, objects and refs are all that git looks for.
BOOST_AUTO_TEST_CASE(a_bare_repository_runs_code_wherever_it_is) {
  BOOST_TEST(ByDefault("docs/x/HEAD"));
  BOOST_TEST(ByDefault("head"));
  BOOST_TEST(ByDefault("mirror.git/config"));
  BOOST_TEST(ByDefault("mirror.git/hooks/update"));
  BOOST_TEST(!ByDefault(".git/HEAD"));
  BOOST_TEST(!ByDefault(".git/logs/HEAD"));
  BOOST_TEST(!ByDefault("sub/.git/refs/remotes/origin/HEAD"));
  BOOST_TEST(!ByDefault("docs/HEADER"));
  BOOST_TEST(!ByDefault("HEAD/file"));
}

BOOST_AUTO_TEST_CASE(the_case_of_letters_makes_no_difference) {
  BOOST_TEST(ByDefault(".GIT/Hooks/pre-commit"));
  BOOST_TEST(ByDefault(".VSCode/Tasks.JSON"));
  BOOST_TEST(By("A*", "ab"));
}

BOOST_AUTO_TEST_CASE(a_slash_at_the_start_is_the_top_of_the_tree) {
  BOOST_TEST(By("/run.sh", "run.sh"));
  BOOST_TEST(!By("/run.sh", "a/run.sh"));
  BOOST_TEST(By("/a/**", "a/b/c"));
  BOOST_TEST(!By("/a/**", "b/a/c"));
}

BOOST_AUTO_TEST_CASE(what_the_tree_itself_is_called_counts) {
  const std::vector<std::string> patterns = policy::DefaultPolicy().exec_config;
  BOOST_TEST(RunsLater(patterns, {"/home/ann/src/.git", "config"}));
  BOOST_TEST(RunsLater(patterns, {"/home/ann/src/.git/hooks", "pre-commit"}));
  BOOST_TEST(RunsLater(patterns, {"/home/ann/src/.vscode", "tasks.json"}));
  BOOST_TEST(!RunsLater(patterns, {"/home/ann/src/.git", "HEAD"}));
  BOOST_TEST(RunsLater({"/config"}, {"/home/ann/.git", "config"}));
  BOOST_TEST(!RunsLater({"/home/ann/src/run.sh"}, {"/home/ann/src", "run.sh"}));
  BOOST_TEST(LeadsToWhatRunsLater(patterns, {"/home/ann/src/.github", "workflows"}));
  BOOST_TEST(!LeadsToWhatRunsLater(patterns, {"/home/ann/src/.github", "other"}));
}

BOOST_AUTO_TEST_CASE(two_stars_are_any_number_of_directories) {
  BOOST_TEST(By("a/**/z", "a/z"));
  BOOST_TEST(By("a/**/z", "x/a/b/c/z"));
  BOOST_TEST(!By("a/**/z", "a/b/c"));
  BOOST_TEST(By("a/**", "a/b"));
  BOOST_TEST(!By("a/**", "a"));
  BOOST_TEST(By("**", "anything/at/all"));
  BOOST_TEST(!By("a*", "b/ac/d"));
  BOOST_TEST(!By("a*z", "a/z"));
}

BOOST_AUTO_TEST_CASE(a_symlink_for_a_directory_on_the_way_counts) {
  const auto leads = [](const std::string& path) {
    return LeadsToWhatRunsLater(policy::DefaultPolicy().exec_config, {"/home/ann/src", path});
  };
  for (const char* const path : {".vscode",
                                 "sub/.vscode",
                                 ".github",
                                 ".github/workflows",
                                 ".cargo",
                                 ".git/modules/x",
                                 ".git/modules/a/b",
                                 ".git/worktrees/x"})
    BOOST_TEST(leads(path), path);
  for (const char* const path : {"src", ".vscode/tasks.json", "vscode", "a/b/c", ".git/objects"})
    BOOST_TEST(!leads(path), path);
  BOOST_TEST(!LeadsToWhatRunsLater({"**/x", "**/**/x", "/**/x"}, {"/", "a"}));
}

// Would take for ever by trying one way after the other.
BOOST_AUTO_TEST_CASE(a_long_path_against_many_stars_takes_no_time) {
  std::string pattern;
  std::string path;
  for (int i = 0; i < 60; ++i) {
    pattern += "**/a/";
    path += "a/";
  }
  BOOST_TEST(!By(pattern + "b/end", path + "end"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
