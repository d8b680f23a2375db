// A directory that has taken the place of the one that a sandbox was shown: nothing of its review
// goes there unasked.
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/apply_box.h"
#include "support/quota_disk.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;

struct OtherTree : ApplyBox {
  // A review of the tree's `project`, in which the file `old` was changed and `new` made.
  std::string ReviewProject() {
    const std::string name = Review("echo agent > old; echo agent > new", {"-C", tree / "project"});
    BOOST_TEST(IsKept(name));
    return name;
  }

  // That nothing is applied or shown, with the reason, and that the review stays.
  void CheckIsRefused(const std::string& name, const std::string& why) const {
    const std::string before = Listing(tree.Path());
    for (const std::vector<std::string>& args :
         {std::vector{name}, {name, "--force"}, {name, tree / "project/new"}, {name, "-n"}}) {
      const Outcome applied = Apply(args);
      BOOST_TEST(applied.status == 1);
      BOOST_TEST(applied.output.starts_with("skipped  " + tree / "project" + " (" + why),
                 applied.output);
      BOOST_TEST(
          applied.output.find("--other-tree applies to what is there now") != std::string::npos,
          applied.output);
    }
    const Outcome shown = Agentbox({"diff", name});
    BOOST_TEST(shown.output == "");
    BOOST_TEST(shown.errors.find(why) != std::string::npos, shown.errors);
    BOOST_TEST(Listing(tree.Path()) == before);
    BOOST_TEST(IsKept(name));
  }
};

constexpr const char* kAnother = "what is there now is another directory than the one that";

BOOST_FIXTURE_TEST_SUITE(other_tree, OtherTree)

BOOST_AUTO_TEST_CASE(a_directory_that_was_put_in_its_place_gets_nothing) {
  Host("mkdir project; echo 1 > project/old");
  const std::string name = ReviewProject();
  Host("mv project moved; mkdir project");
  CheckIsRefused(name, kAnother);
  Host("rmdir project; mv moved project");
  const Outcome outcome = Apply({name});
  BOOST_TEST(outcome.status == 0, outcome.output << outcome.errors);
  BOOST_TEST(Host("cat project/old project/new") == "agent\nagent\n");
}

BOOST_AUTO_TEST_CASE(a_mount_point_whose_file_system_is_not_mounted_gets_nothing) {
  std::string name;
  {
    const SmallDisk disk(tree / "project", "16M");
    Host("echo 1 > project/old");
    name = ReviewProject();
  }
  CheckIsRefused(name, "what is there now is on another file system (ext4)");
}

// The handle of its root is the same.
BOOST_AUTO_TEST_CASE(nor_does_another_file_system_in_that_place) {
  std::string name;
  {
    const SmallDisk disk(tree / "project", "16M");
    name = ReviewProject();
  }
  fs::remove(tree / "project");
  const SmallDisk disk(tree / "project", "16M");
  CheckIsRefused(name, "what is there now is on another file system (ext4)");
}

BOOST_AUTO_TEST_CASE(by_an_option_it_is_taken) {
  Host("mkdir project; echo 1 > project/old");
  const std::string name = ReviewProject();
  Host("cp -a project clone; rm -r project; mv clone project");
  const Outcome shown = Agentbox({"diff", "--other-tree", name});
  BOOST_TEST(shown.output == "A  new\nM  old\n", shown.output << shown.errors);
  const Outcome applied = Apply({name, "--other-tree", tree / "project/new"});
  BOOST_TEST(applied.status == 0, applied.output << applied.errors);
  const Outcome rest = Apply({name, "--other-tree", "--force"});
  BOOST_TEST(rest.status == 0, rest.output << rest.errors);
  BOOST_TEST(Host("cat project/old project/new") == "agent\nagent\n");
  BOOST_TEST(!IsKept(name));
}

BOOST_AUTO_TEST_CASE(a_file_system_that_was_mounted_anew_is_the_same) {
  TemporaryDirectory images;
  Host("truncate -s 16M disk; mke2fs -q -t ext4 disk; mkdir project; mount -o loop disk project");
  const std::string name = ReviewProject();
  // By then the loop device is another one.
  Host(
      "umount project; cp disk copy; rm disk; truncate -s 1M other; losetup -f other;"
      "mount -o loop copy project");
  const Outcome outcome = Apply({name});
  Host("umount project; losetup -j other | cut -d: -f1 | xargs losetup -d");
  BOOST_TEST(outcome.status == 0, outcome.output << outcome.errors);
}

BOOST_AUTO_TEST_CASE(what_a_killed_apply_is_to_end_with_waits_for_the_tree) {
  Host("mkdir project; echo 1 > project/old");
  const std::string name = ReviewProject();
  const std::string note = kReviews + name + "/mount-0.exchange";
  WriteFile(note, "half");
  Host("mv project moved; mkdir project");
  BOOST_TEST(Apply({name}).errors.find("an apply was killed in the middle of a step in " +
                                       tree / "project: what is there now") != std::string::npos);
  BOOST_TEST(Exists(note));
}

// As those that earlier versions made.
BOOST_AUTO_TEST_CASE(a_record_without_an_identity_goes_by_the_path) {
  Host("mkdir project; echo 1 > project/old");
  const std::string name = ReviewProject();
  const std::string record = kReviews + name + "/review.json";
  const Outcome edited = RunCommand({"sed", "-i", "/\"identity\": {/,/}/d", record});
  BOOST_TEST(edited.status == 0, edited.errors);
  BOOST_TEST(ReadFile(record).find("handle") == std::string::npos);
  Host("mv project moved; mkdir project");
  BOOST_TEST(Apply({name, tree / "project/new"}).status == 0);
  BOOST_TEST(Host("cat project/new") == "agent\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
