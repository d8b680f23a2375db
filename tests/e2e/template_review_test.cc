// What a review has is safe while a template is made of it, and what it has not is not added.
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/template_box.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

// Reviews of sandboxes that wrote to the tree.
struct Reviewed : TemplateBox {
  Outcome Agentbox(const Strings& words) const {
    Strings args = {AgentboxPath()};
    args.insert(args.end(), global.begin(), global.end());
    args.insert(args.end(), words.begin(), words.end());
    return RunCommand(args, {.directory = tree.Path()});
  }

  // In the tree, or in `cwd`.
  std::string Written(const std::string& script, const std::string& cwd = "") const {
    const std::string review = NewId();
    const Outcome written = Agentbox({"do",
                                      "-q",
                                      "--network",
                                      "none",
                                      "-C",
                                      cwd.empty() ? tree.Path() : cwd,
                                      "--name",
                                      review,
                                      "--",
                                      "/bin/sh",
                                      "-ec",
                                      script});
    BOOST_TEST_REQUIRE(written.status == 0, written.errors);
    return review;
  }

  // It still has what Written("echo whole > file") made.
  void CheckWhole(const std::string& review) const {
    const Outcome diff = Agentbox({"diff", "--patch", review});
    BOOST_TEST(diff.output.find("\n+whole\n") != std::string::npos, diff.output + diff.errors);
  }
};

BOOST_FIXTURE_TEST_SUITE(template_review, Reviewed)

BOOST_AUTO_TEST_CASE(a_review_survives_a_create_that_is_killed) {
  std::string review = Written("echo whole > file");
  int made = 0;
  // Whatever it takes on a slow machine.
  const auto longer = [](int milliseconds) { return milliseconds < 200 ? 1 : milliseconds; };
  for (int milliseconds = 0; milliseconds < 100'000 && made < 3;
       milliseconds += longer(milliseconds)) {
    const std::string name = Name();
    Background run({AgentboxPath(), "template", "create", name, "--from", review});
    run.Wait(std::chrono::milliseconds(milliseconds));
    run.Signal(SIGKILL);
    run.Wait();
    BOOST_TEST_REQUIRE(Agentbox({"gc"}).Succeeded());
    CheckNothingHalfMade(name);
    if (!Exists(fs::path(LayerOf(name)).parent_path())) {
      CheckWhole(review);
      continue;
    }
    ++made;
    BOOST_TEST(OutputOf("cat file", {"--template", name}) == "whole");
    review = Written("echo whole > file");
  }
  BOOST_TEST(made > 0);
}

// As long as another command is at it, the lock of its directory is held.
BOOST_AUTO_TEST_CASE(a_name_that_another_command_is_making_is_taken) {
  const std::string review = Written("echo whole > file");
  const std::string name = Name();
  const std::string other = "/var/lib/agentbox/@templates/.new-" + name + ".1";
  fs::create_directories(other);
  const Outcome outcome =
      RunCommand({"flock", other, AgentboxPath(), "template", "create", name, "--from", review});
  CheckFails(outcome, 1, "another command is making a template");
  CheckWhole(review);
  BOOST_TEST(Template({"create", name, "--from", review}).status == 0);
  BOOST_TEST(OutputOf("cat file", {"--template", name}) == "whole");
  BOOST_TEST(RunCommand({AgentboxPath(), "gc"}).Succeeded());
}

BOOST_AUTO_TEST_CASE(a_full_disk_costs_no_review_its_changes) {
  const std::string disk = tree / ("disk-" + std::string(kMountOfATest));
  const MountedTmpfs mounted(disk, "size=1m");
  WriteFile(tree / "policy.json", R"({"scratch": {"directory": ")" + disk + R"("}})");
  global = {"--policy", tree / "policy.json"};
  const std::string review = Written("echo whole > file");
  RunCommand({"sh", "-c", "cat /dev/zero > " + disk + "/full 2>/dev/null"});
  const Outcome outcome = Template({"create", Name(), "--from", review});
  CheckFails(outcome, 1, "ENOSPC");
  fs::remove(disk + "/full");
  CheckWhole(review);
  BOOST_TEST(Agentbox({"discard", review}).Succeeded());
}

BOOST_AUTO_TEST_CASE(a_review_of_what_no_template_shows_is_kept) {
  const std::string below = tree / ("disk-" + std::string(kMountOfATest));
  const MountedTmpfs mounted(below);
  const Tree temporary("/var/tmp");
  for (const std::string& place : {below, temporary.Path()}) {
    const std::string name = Name();
    const std::string review = Written("echo whole > file", place);
    CheckFails(Template({"create", name, "--from", review}),
               1,
               review + ": no sandbox would see a template's " + place + ": ");
    CheckWhole(review);
    BOOST_TEST(!Exists(fs::path(LayerOf(name)).parent_path()));
    BOOST_TEST(Agentbox({"discard", review}).Succeeded());
  }
}

// What was put into a directory since has no whiteout in the layer, and would be at another place.
BOOST_AUTO_TEST_CASE(no_secret_comes_along_with_a_directory_that_was_renamed) {
  fs::create_directories(tree / "old/deep");
  WriteFile(tree / "old/deep/kept", "seen");
  const std::string review = Written("mv old new");
  for (const char* file : {"old/.env", "old/deep/.env", "old/deep/id_rsa", "old/deep/later"})
    WriteFile(tree / file, "secret");
  WriteFile(tree / "old/deep/later", "seen");
  const std::string name = Name();
  const Outcome made = Template({"create", name, "--from", review});
  BOOST_TEST_REQUIRE(made.status == 0, made.errors);
  BOOST_TEST(RunCommand({"grep", "-rl", "secret", LayerOf(name)}).output == "");
  BOOST_TEST(OutputOf("find new ! -type d | sort; cat new/deep/*", {"--template", name}) ==
             "new/deep/kept\nnew/deep/later\nseenseen");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
