#include "container/denied_files.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

namespace fs = std::filesystem;

struct Workspaces {
  std::string directory;
  policy::Policy policy;
  std::vector<kernel::MountEntry> mounts;

  Workspaces() {
    std::string name = "/tmp/agentbox-test-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory = name;
    policy.denied_files = {"**/.env"};
  }
  Workspaces(const Workspaces&) = delete;
  Workspaces& operator=(const Workspaces&) = delete;
  ~Workspaces() { fs::remove_all(directory); }

  std::string operator/(const std::string& name) const { return directory + "/" + name; }

  void Write(const std::string& name) const {
    fs::create_directories(fs::path(*this / name).parent_path());
    std::ofstream(*this / name) << "text";
  }

  // A directory with as many files, four levels below it, and one that is denied.
  void Fill(const std::string& name, int count) const {
    for (int i = 0; i < count; ++i)
      Write(name + "/a/b/c/d/" + std::to_string(i));
    Write(name + "/.env");
  }

  DeniedFiles Find(const std::vector<std::string>& workspaces,
                   const std::vector<std::string>& homes = {}) const {
    DenySearch search = {.policy = policy, .mounts = mounts, .most_entries = 100};
    for (const std::string& name : workspaces)
      search.workspaces.push_back(*this / name);
    for (const std::string& name : homes)
      search.homes.push_back(*this / name);
    auto found = FindDenied(search);
    BOOST_REQUIRE(found);
    return *std::move(found);
  }
};

BOOST_FIXTURE_TEST_SUITE(denied_files, Workspaces)

BOOST_AUTO_TEST_CASE(a_large_workspace_takes_nothing_from_the_next) {
  Fill("large/x", 200);
  Fill("small/x", 10);
  Write("small/x/a/b/c/d/.env");
  const DeniedFiles found = Find({"large", "small"});
  BOOST_REQUIRE(found.files.size() == 3U);
  BOOST_TEST(found.files[0].path == *this / "large/x/.env");
  BOOST_TEST(found.files[1].path == *this / "small/x/.env");
  BOOST_TEST(found.files[2].path == *this / "small/x/a/b/c/d/.env");
  BOOST_REQUIRE(found.warnings.size() == 1U);
  BOOST_TEST(found.warnings[0].find("more than 100 files") != std::string::npos);
  BOOST_TEST(found.warnings[0].find(*this / "large/x") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(of_a_workspace_that_is_too_large_the_first_levels_are_looked_at) {
  for (int i = 0; i < 10; ++i)
    Fill("large/part-" + std::to_string(i), 50);
  BOOST_TEST(Find({"large"}).files.size() == 10U);
}

// A hard link is looked for with the same limits.
BOOST_AUTO_TEST_CASE(other_names_are_looked_for_in_every_workspace) {
  Fill("large/x", 200);
  Write("small/file");
  fs::create_hard_link(*this / "large/x/.env", *this / "small/other-name");
  const DeniedFiles found = Find({"large", "small"});
  BOOST_REQUIRE(found.files.size() == 2U);
  BOOST_TEST(found.files[1].path == *this / "small/other-name");
}

BOOST_AUTO_TEST_CASE(every_name_is_found_wherever_it_is) {
  Fill("work/x", 10);
  for (const std::string name :
       {"work/first", "work/x/a/second", "work/x/a/third", "work/z/fourth"}) {
    fs::create_directories(fs::path(*this / name).parent_path());
    fs::create_hard_link(*this / "work/x/.env", *this / name);
  }
  const DeniedFiles found = Find({"work"});
  BOOST_REQUIRE(found.files.size() == 5U);
  BOOST_TEST(found.files[0].path == *this / "work/first");
  BOOST_TEST(found.files[0].rule == "deny.files: **/.env, as " + *this / "work/x/.env");
  BOOST_TEST(found.files[2].path == *this / "work/x/a/second");
  BOOST_TEST(found.files[3].path == *this / "work/x/a/third");
  BOOST_TEST(found.files[4].path == *this / "work/z/fourth");
}

// No rule is about workspaces, so that there was no walk through one.
BOOST_AUTO_TEST_CASE(other_names_of_what_is_denied_in_a_home_are_found_too) {
  policy.denied_files = {"~/.ssh"};
  Write("home/.ssh/key");
  Fill("work/x", 10);
  fs::create_hard_link(*this / "home/.ssh/key", *this / "work/x/a/other-name");
  const DeniedFiles found = Find({"work"}, {"home"});
  BOOST_REQUIRE(found.files.size() == 2U);
  BOOST_TEST(found.files[0].path == *this / "home/.ssh");
  BOOST_TEST(found.files[1].path == *this / "work/x/a/other-name");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
