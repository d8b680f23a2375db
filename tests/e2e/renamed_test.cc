// Directories and files that were renamed in a layer: at their old place they stay for as long as
// the new one is left out. As root.
#include <filesystem>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "support/layered_tree.h"

namespace agentbox::test {
namespace {

// Of directories that were renamed: what is in them, unless it was written to, is nowhere in the
// layer.
constexpr const char* kDirectory =
    "mkdir -p src/in/empty; echo 1 > src/as-it-was; echo 2 > src/changed; ln -s as-it-was "
    "src/link; "
    "echo 3 > src/in/file";
constexpr const char* kRenamed = " (what it was renamed to was not applied)\n";

// Nothing of kDirectory is gone from the real tree.
void HasDirectory(const LayeredTree& tree, const Snapshot& before) {
  const Snapshot now = SnapshotOf(tree.Real());
  for (const auto& [path, what] : before) {
    const auto found = now.find(path);
    BOOST_TEST((found != now.end() && found->second == what), path << " is not as it was");
  }
}

struct Moved : LayeredTree {
  explicit Moved(const std::string& agent) : LayeredTree(kDirectory) {
    before = SnapshotOf(Real());
    Agent(agent);
    End();
  }

  // By a dry run, too, of which the lines "delete" are of what is to go.
  void KeepsAll(Options options) const {
    options.is_trial = true;
    const std::string would = Apply(options);
    BOOST_TEST(would.find("delete ") == std::string::npos, would);
    options.is_trial = false;
    const std::string said = Apply(options);
    for (const char* const path : {"as-it-was", "changed", "in/", "in/empty/", "in/file", "link"})
      BOOST_TEST(said.find(std::string("skipped  src/") + path + kRenamed) != std::string::npos,
                 path << " is not in " << said);
    HasDirectory(*this, before);
    BOOST_TEST(Apply(options) == said);
    HasDirectory(*this, before);
  }

  Snapshot before;
};

BOOST_AUTO_TEST_SUITE(merge_renamed_directories)

BOOST_AUTO_TEST_CASE(one_that_is_applied_is_gone_from_its_old_place) {
  AppliesAll(kDirectory, "mv src lib; echo more >> lib/changed");
}

BOOST_AUTO_TEST_CASE(one_whose_files_run_code_later_stays_at_its_old_place) {
  const Moved tree("mv src .husky; echo more >> .husky/changed");
  const std::string said = tree.Apply();
  tree.Host(
      "test \"$(cat src/as-it-was src/changed src/in/file)\" = '1\n2\n3' && test -h src/link");
  BOOST_TEST(said.find(std::string("skipped  src/as-it-was") + kRenamed) != std::string::npos,
             said);
  // Directories are made where they are to be, empty for now.
  Snapshot files = tree.before;
  files.erase("src/in/empty");
  HasDirectory(tree, files);
  tree.Apply({.allow_runs_later = true});
  BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
  BOOST_TEST(tree.Apply({.is_trial = true}) == "");
}

BOOST_AUTO_TEST_CASE(one_of_which_the_new_place_is_not_chosen_stays_at_the_old_one) {
  const Moved tree("mv src lib; echo more >> lib/changed");
  tree.KeepsAll({.only = {"src"}});
  BOOST_TEST(tree.Apply({.only = {"lib"}}) == "");
  HasDirectory(tree, tree.before);
  EndsAsSeen(tree, {.only = {"src"}});
}

// Nor is one that was to be renamed and could not: overlayfs marks it before it tries.
BOOST_AUTO_TEST_CASE(one_that_is_at_its_old_place_again_keeps_what_is_in_it) {
  AppliesAll(kDirectory, "mv src lib; mv lib src");
  AppliesAll(kDirectory,
             "mv src lib; mv lib src; echo more >> src/changed; mv src/in out; mv out src/in");
  AppliesAll(kDirectory, "mkdir new; echo x > new/x; ! mv -T src new 2> new/said; rm new/said");
  AppliesAll(kDirectory, "mv src old; mkdir src; mv old/in src/in; rm -r old");
  AppliesAll(kDirectory, "mv src lib; mv lib/in in; mkdir lib/in; mv in/file lib/in; mv lib src");
}

BOOST_AUTO_TEST_CASE(what_is_never_applied_stays_at_the_old_place) {
  const std::string special =
      "mknod src/fifo p; mknod src/device c 1 3; python3 -c '\nimport socket\n"
      "socket.socket(socket.AF_UNIX).bind(\"src/socket\")\n'";
  LayeredTree tree(kDirectory + ("; " + special));
  tree.Agent("mv src lib; echo more >> lib/changed");
  tree.End();
  const std::string would = tree.Apply({.is_trial = true});
  for (const std::string name : {"fifo", "device", "socket"}) {
    BOOST_TEST(would.find("refused  lib/" + name) != std::string::npos, would);
    BOOST_TEST(would.find("skipped  src/" + name + kRenamed) != std::string::npos, would);
  }
  for (int i = 0; i < 2; ++i) {
    const std::string said = tree.Apply();
    tree.Host(
        "test -p src/fifo && test -c src/device && test -S src/socket && test -f lib/changed");
    BOOST_TEST(said.find("refused  lib/fifo") != std::string::npos, said);
  }
}

// Of 4095 bytes at most: the directory's own path, that of what is in it, or none.
BOOST_AUTO_TEST_CASE(one_that_is_deeper_than_a_path_can_name_stays_at_the_old_one) {
  for (const int length : {70, 75, 76, 200}) {
    const Moved tree(
        "echo more >> src/changed; python3 -c '\nimport os\n"
        "top = os.open(\".\", os.O_RDONLY)\nfor level in range(20):\n"
        "    os.mkdir(\"d\" * 200); os.chdir(\"d\" * 200)\n"
        "os.rename(\"src\", \"d\" * " +
        std::to_string(length) + ", src_dir_fd=top)\n'");
    const std::string would = tree.Apply({.is_trial = true});
    BOOST_TEST(would.find("delete   src/as-it-was") == std::string::npos, would);
    const std::string said = tree.Apply();
    BOOST_TEST(said.find(" (deeper than a path can name)\n") != std::string::npos, said);
    BOOST_TEST(said.find(std::string("skipped  src/as-it-was") + kRenamed) != std::string::npos,
               said);
    Snapshot files = tree.before;
    if (length == 70) files.erase("src/link");  // has a name that is short enough
    HasDirectory(tree, files);
  }
}

// Of which nothing is copied into the layer, then, and the old place stays.
BOOST_AUTO_TEST_CASE(one_whose_old_place_is_deeper_than_a_path_can_name_is_applied) {
  LayeredTree tree(
      "python3 -c '\nimport os\nos.mkdir(\"o\" * 240); os.chdir(\"o\" * 240)\n"
      "for level in range(21):\n    os.mkdir(\"d\" * 183); os.chdir(\"d\" * 183)\n"
      "open(\"file\", \"w\").write(\"1\\n\")\n'");
  tree.Agent("mv o* new; echo 2 > new/top");
  tree.End();
  for (int i = 0; i < 2; ++i) {
    const std::string said = tree.Apply();
    BOOST_TEST(said.find("refused  ooo") != std::string::npos, said);
    tree.Host("test $(cat new/top) = 2 && test $(find new -name file | xargs cat) = 1");
  }
}

BOOST_AUTO_TEST_CASE(one_in_another_that_was_renamed_stays_as_well) {
  const Moved tree(
      "mkdir new; mv src new/lib; mv new/lib/in new/deep; echo more >> new/lib/changed");
  tree.KeepsAll({.only = {"src"}});
  EndsAsSeen(tree);
}

BOOST_AUTO_TEST_CASE(what_is_in_the_way_of_a_file_keeps_that_at_its_old_place) {
  const Moved tree("mv src lib; echo more >> lib/changed");
  tree.Host(
      "mkdir -p lib/in; echo host > lib/as-it-was; echo host > lib/changed; echo host > "
      "lib/in/file");
  const std::string would = tree.Apply({.is_trial = true});
  const std::string said = tree.Apply();
  for (const char* const path : {"as-it-was", "changed", "in/file"}) {
    const std::string skipped = std::string("skipped  src/") + path + kRenamed;
    BOOST_TEST(would.find(skipped) != std::string::npos, would);
    BOOST_TEST(said.find(skipped) != std::string::npos, said);
  }
  tree.Host(
      "test \"$(cat src/as-it-was src/changed src/in/file)\" = '1\n2\n3' && ! test -e src/link && "
      "test \"$(cat lib/as-it-was lib/changed lib/in/file)\" = 'host\nhost\nhost'");
  EndsAsSeen(tree, {.force = true});
}

BOOST_AUTO_TEST_CASE(what_is_in_the_way_of_the_directory_keeps_all_of_it) {
  const Moved tree("mv src lib; echo more >> lib/changed");
  tree.Host("echo host > lib");
  tree.KeepsAll({});
  EndsAsSeen(tree, {.force = true});
}

BOOST_AUTO_TEST_CASE(a_new_one_in_its_place_does_not_end_the_old_one) {
  const Moved tree("mv src lib; mkdir src; echo new > src/as-it-was; echo new > src/own");
  const std::string said = tree.Apply({.only = {"src"}});
  BOOST_TEST(said.find(std::string("skipped  src/as-it-was") + kRenamed) != std::string::npos,
             said);
  HasDirectory(tree, tree.before);
  EndsAsSeen(tree);
}

BOOST_AUTO_TEST_CASE(names_of_one_file_stay_together) {
  LayeredTree tree("mkdir src; echo 1 > src/a; ln src/a src/b; ln src/a src/c");
  tree.Agent("mv src lib");
  tree.End();
  tree.Apply({.only = {"src"}});
  const auto names = [&tree] {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree.Real())) {
      if (entry.is_regular_file()) found.insert(entry.path().lexically_relative(tree.Real()));
    }
    return found;
  };
  using Names = std::set<std::string>;
  BOOST_TEST((names() == Names{"src/a", "src/b", "src/c"}));
  tree.Apply({.only = {"lib/a"}});
  tree.Apply({.only = {"src"}});
  BOOST_TEST((names() == Names{"lib/a", "src/b", "src/c"}));
}

BOOST_AUTO_TEST_CASE(a_chain_of_names_stays_if_its_end_is_left_out) {
  LayeredTree tree("mkdir a b; echo a > a/f; echo b > b/f");
  tree.Agent("mv b .husky; mv a b");
  tree.End();
  for (const bool is_trial : {true, false}) {
    const std::string said = tree.Apply({.is_trial = is_trial});
    for (const char* const path : {"a/f", "b/f"})
      BOOST_TEST(said.find(std::string("skipped  ") + path + kRenamed) != std::string::npos, said);
  }
  tree.Host("test \"$(cat a/f b/f)\" = 'a\nb'");
  tree.Apply({.allow_runs_later = true});
  BOOST_TEST(Difference(tree.Seen(), SnapshotOf(tree.Real())) == "");
}

BOOST_AUTO_TEST_CASE(a_directory_that_can_not_be_replaced_keeps_the_file_at_its_old_name) {
  LayeredTree tree("echo 1 > old; mkdir place; echo 2 > place/file");
  tree.Agent("rm -r place; mv old place");
  tree.End();
  tree.Host("echo host > place/new");
  for (const bool is_trial : {true, false}) {
    const std::string said = tree.Apply({.is_trial = is_trial});
    BOOST_TEST(said.find(std::string("skipped  old") + kRenamed) != std::string::npos, said);
  }
  tree.Host("test \"$(cat old place/file place/new)\" = '1\n2\nhost'");
}

BOOST_AUTO_TEST_CASE(of_two_that_changed_places_neither_goes_without_the_other) {
  LayeredTree tree("mkdir a b; echo a > a/f; echo b > b/f");
  tree.Agent("mv a t; mv b a; mv t b");
  tree.End();
  tree.Apply({.only = {"a"}});
  tree.Host("test \"$(cat a/f b/f)\" = 'a\nb'");
  EndsAsSeen(tree);
}

BOOST_AUTO_TEST_CASE(a_name_taken_on_the_host_keeps_the_file_at_the_old_one) {
  LayeredTree tree("echo 1 > old");
  tree.Agent("mv old new");
  tree.End();
  tree.Host("echo host > new");
  BOOST_TEST(tree.Apply() ==
             "skipped  new (changed in the real tree since the sandbox started)\n"
             "skipped  old (what it was renamed to was not applied)\n");
  tree.Host("test \"$(cat old new)\" = '1\nhost'");
}

BOOST_AUTO_TEST_CASE(names_of_a_file_in_the_place_of_one_that_was_renamed_stay_links) {
  AppliesAll("echo a > a; echo y > y", "mv a z; mv y a; ln a b; echo more >> a");
}

BOOST_AUTO_TEST_CASE(a_second_name_for_a_file_that_is_changed_stays_one) {
  AppliesAll("echo 1 > a; echo 1 > d", "ln a b; echo 2 >> a; ln d c; echo 2 >> d");
}

// Of what comes in the place of the old one, the rest may not be told from what a user has removed.
BOOST_AUTO_TEST_CASE(one_that_was_interrupted_is_gone_on_with) {
  for (const std::string name : {"lib", "zlib"}) {
    for (std::size_t steps = 1; steps < 16; ++steps) {
      const Moved tree(
          "mv src " + name + "; echo more >> " + name +
          "/changed; mkdir src; echo new > src/as-it-was; mkdir src/changed; echo new > "
          "src/changed/file");
      tree.ApplyInChild({.kill_after = steps});
      tree.Apply({.only = {"src"}});
      EndsAsSeen(tree);
    }
  }
}

// With nothing to go on with but what is chosen then.
BOOST_AUTO_TEST_CASE(one_that_was_interrupted_keeps_what_is_not_at_its_new_place) {
  for (std::size_t steps = 1; steps < 7; ++steps) {
    const Moved tree("mv src lib; echo more >> lib/changed");
    tree.ApplyInChild({.only = {"lib"}, .kill_after = steps});
    tree.Apply({.only = {"src"}});
    tree.Host(
        "test -e lib/as-it-was || test -e src/as-it-was; test -e lib/in/empty || test -e "
        "src/in/empty; "
        "test -e lib/in/file || test -e src/in/file");
    EndsAsSeen(tree);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
