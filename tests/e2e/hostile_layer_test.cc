// Layers and trees that are made to lead a walk astray, to stop it, or to drive who reads of it.
#include <sys/resource.h>

#include <string>

#include <boost/test/unit_test.hpp>

#include "support/layer_box.h"

namespace agentbox::test {
namespace {

// Few, so that a descriptor for each level of a tree would be missed.
class FewFiles {
 public:
  FewFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    struct rlimit few = before_;
    few.rlim_cur = 256;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  FewFiles(const FewFiles&) = delete;
  FewFiles& operator=(const FewFiles&) = delete;
  ~FewFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  struct rlimit before_ = {};
};

// Longer than PATH_MAX: made step by step, with a file and a sibling at every thousandth level.
std::string MakeDeep(const std::string& name, int levels) {
  return "python3 -c '\nimport os\nos.mkdir(\"" + name + "\"); os.chdir(\"" + name +
         "\")\nfor level in range(" + std::to_string(levels) +
         "):\n"
         "    if level % 1000 == 0: open(\"a\", \"w\").close(); open(\"z\", \"w\").close()\n"
         "    os.mkdir(\"dir\"); os.chdir(\"dir\")\n'; ";
}

std::size_t CountLines(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

std::string MakeRedirect(const std::string& path, const std::string& target) {
  return "python3 -c 'import os; os.setxattr(\"" + path + "\", \"trusted.overlay.redirect\", b\"" +
         target + "\")'; ";
}

BOOST_FIXTURE_TEST_SUITE(hostile_layers, LayerBox)

BOOST_AUTO_TEST_CASE(names_stay_on_their_lines) {
  InTree("touch $'gone\\e[2J'");
  Inside(
      "touch $'a\\nD  home' $'\\e]0;title\\a' $'\\xff\\xfe' $'\\xc2\\x9b31m' '\"' '\\'; rm -- *J");
  BOOST_TEST(Changes() ==
             "A  \"\\033]0;title\\a\"\n"
             "A  \"\\\"\"\n"
             "A  \"\\\\\"\n"
             "A  \"a\\nD  home\"\n"
             "D  \"gone\\033[2J\"\n"
             "A  \"\\302\\23331m\"\n"
             "A  \"\\377\\376\"\n");
}

// A walk that opened the fifo would wait for ever.
BOOST_AUTO_TEST_CASE(what_is_no_file_is_not_opened) {
  InTree("touch fifo socket device; mkfifo real; mknod null c 1 3");
  InLayer(
      "mkfifo fifo; mknod device c 1 5; mknod new b 7 0; mkfifo real; mknod null c 1 5;"
      "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"socket\")'");
  BOOST_TEST(Changes() ==
             "T  device  (file to character device)\n"
             "T  fifo  (file to fifo)\n"
             "A  new  (block device)\n"
             "M  null\n"
             "T  socket  (file to socket)\n");
}

BOOST_AUTO_TEST_CASE(symlinks_on_either_side_lead_nowhere) {
  InTree("mkdir d; touch d/file; ln -s /etc e; ln -s . self");
  InLayer("ln -s /etc d; mkdir e; touch e/passwd; mkdir self; touch self/d");
  BOOST_TEST(Changes() ==
             "T  d  (directory to symlink)\n"
             "D  d/file\n"
             "T  e/  (symlink to directory)\n"
             "A  e/passwd\n"
             "T  self/  (symlink to directory)\n"
             "A  self/d\n");
}

BOOST_AUTO_TEST_CASE(depth_costs_neither_stack_nor_descriptors) {
  constexpr int kLevels = 5000;
  InLayer(MakeDeep("added", kLevels) + "mknod deleted c 0 0; mkdir renamed; mknod old c 0 0;" +
          MakeRedirect("renamed", "/old"));
  InTree(MakeDeep("deleted", kLevels) + MakeDeep("old", kLevels));
  const FewFiles few;
  const std::string changes = Changes();
  BOOST_TEST(CountLines(changes, "A  added/") == kLevels + 11U);
  BOOST_TEST(CountLines(changes, "D  deleted/") == kLevels + 11U);
  BOOST_TEST(CountLines(changes, "D  old/") == kLevels + 11U);
  BOOST_TEST(CountLines(changes, "A  renamed/") == kLevels + 11U);
}

BOOST_AUTO_TEST_CASE(a_redirect_out_of_the_tree_is_refused) {
  InLayer("mkdir d");
  for (const char* target : {"..", "/..", "/a/../../etc", "a/b", "/", "", "/a//b", "."}) {
    InLayer(MakeRedirect("d", target));
    BOOST_TEST(Changes() == "\"d\": the layer is damaged: trusted.overlay.redirect is \"" +
                                std::string(target) + "\", which no overlay makes");
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_follows_no_symlink) {
  InTree("ln -s /etc link; mkdir real; ln -s /etc real/link; touch file");
  InLayer("mkdir a b c d;" + MakeRedirect("a", "link") + MakeRedirect("b", "/real/link") +
          MakeRedirect("c", "file") + MakeRedirect("d", "/nowhere/at/all"));
  BOOST_TEST(Changes() == "A  a/\nA  b/\nA  c/\nA  d/\n");
}

BOOST_AUTO_TEST_CASE(a_directory_within_itself_ends) {
  InTree("mkdir -p d/e/f; touch d/e/f/file");
  InLayer("mkdir -p d/e;" + MakeRedirect("d/e", "/d"));
  BOOST_TEST(Changes() ==
             "A  d/e/e/\n"
             "A  d/e/e/f/\n"
             "A  d/e/e/f/file\n"
             "D  d/e/f/\n"
             "D  d/e/f/file\n");
}

BOOST_AUTO_TEST_CASE(a_metacopy_without_its_contents_differs) {
  InTree("echo 1 > file");
  InLayer(
      "truncate -s 2 file new; python3 -c 'import os\n"
      "for name in (\"file\", \"new\"):\n"
      "    os.setxattr(name, \"trusted.overlay.metacopy\", b\"\")\n"
      "os.setxattr(\"file\", \"trusted.overlay.redirect\", b\"/gone\")'");
  BOOST_TEST(Changes() == "M  file\nA  new\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
