// The files of resctrl, on a cgroup v1 hierarchy, which has a `tasks` file in each directory as
// well: no machine of the tests has the processor for more.
#include "cgroups/resctrl.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <boost/test/unit_test.hpp>

#include "kernel/deadline.h"
#include "kernel/file.h"
#include "kernel/process.h"

namespace agentbox::cgroups {
namespace {

namespace fs = std::filesystem;

// A hierarchy of the test's own, without controllers (cgroups(7)).
struct Groups {
  std::string root = fs::temp_directory_path() / ("resctrl-" + std::to_string(::getpid()));

  Groups() {
    fs::create_directory(root);
    if (Mount() < 0)
      throw std::system_error(errno, std::generic_category(), "mount(2) of " + name_);
  }
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;
  ~Groups() {
    for (const char* below : {"/c1/mon_groups/c1", "/c1/mon_groups", "/c1"})
      ::rmdir((root + below).c_str());
    Unmount();
    ::rmdir(root.c_str());
  }

 private:
  std::string name_ = "name=resctrl-" + std::to_string(::getpid());

  int Mount() const {
    return ::mount("cgroup", root.c_str(), "cgroup", 0, ("none," + name_).c_str());
  }

  bool IsKnown() const {
    const auto mine = kernel::ReadFile(AT_FDCWD, "/proc/self/cgroup");
    return mine && mine->find(name_) != std::string::npos;
  }

  // A hierarchy goes, in a moment, when it is unmounted and no cgroup is in it, which the kernel
  // frees late, too: unmounted before that it stays, without a mount.
  void Unmount() const {
    constexpr int kMost = 10;
    for (int tries = 0; tries < kMost; ++tries) {
      ::umount(root.c_str());
      const kernel::Deadline deadline(std::chrono::milliseconds(500));
      while (IsKnown() && !deadline.HasPassed())
        kernel::Pause(std::chrono::milliseconds(10));
      if (!IsKnown() || Mount() < 0) return;
    }
  }
};

std::string Read(const std::string& path) {
  return kernel::ReadFile(AT_FDCWD, path).value_or("(not there)");
}

BOOST_AUTO_TEST_SUITE(resctrl)

BOOST_FIXTURE_TEST_CASE(an_own_group_is_made_joined_and_removed, Groups) {
  const plan::ResctrlPlan plan = {.group = "c1"};
  const ResctrlLocation location = LocateResctrl(plan, "c1", root);
  BOOST_REQUIRE(CheckResctrlUnused(location).has_value());
  BOOST_REQUIRE(MakeResctrl(location, plan).has_value());
  BOOST_TEST(!CheckResctrlUnused(location).has_value());
  const auto child = kernel::Clone(0, -1);
  BOOST_REQUIRE(child.has_value());
  if (child->pid == 0) ::pause();
  BOOST_TEST(JoinResctrl(location, child->pid).has_value());
  BOOST_TEST(Read(location.group + "/tasks") == std::to_string(child->pid) + "\n");
  BOOST_TEST(kernel::SendSignal(child->pidfd, SIGKILL).has_value());
  BOOST_TEST(kernel::Wait(child->pidfd).has_value());
  BOOST_TEST(RemoveResctrl(location).has_value());
  BOOST_TEST(!fs::exists(location.group));
  BOOST_TEST(RemoveResctrl(location).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_named_group_stays_and_its_monitor_goes, Groups) {
  fs::create_directory(root + "/c1");
  fs::create_directory(root + "/c1/mon_groups");
  const plan::ResctrlPlan plan = {.group = "c1", .is_own = false, .has_monitor = true};
  const ResctrlLocation location = LocateResctrl(plan, "c1", root);
  BOOST_REQUIRE(MakeResctrl(location, plan).has_value());
  BOOST_TEST(fs::exists(root + "/c1/mon_groups/c1/tasks"));
  BOOST_TEST(!UpdateResctrl(location, {"L3:0=f"}).has_value());
  BOOST_TEST(RemoveResctrl(location).has_value());
  BOOST_TEST(!fs::exists(location.monitor));
  BOOST_TEST(fs::exists(location.group));
}

BOOST_FIXTURE_TEST_CASE(a_named_group_that_is_not_there_needs_schemata, Groups) {
  const plan::ResctrlPlan plan = {.group = "gold", .is_own = false};
  const auto made = MakeResctrl(LocateResctrl(plan, "c1", root), plan);
  BOOST_REQUIRE(!made.has_value());
  BOOST_TEST(made.error().ToString() ==
             "linux.intelRdt: closID: there is no group " + root + "/gold, and no schemata for it");
}

BOOST_AUTO_TEST_CASE(of_a_group_that_is_there_the_schemata_must_be_the_same) {
  const std::string root = fs::temp_directory_path() / ("resctrl-" + std::to_string(::getpid()));
  fs::create_directories(root + "/gold");
  std::ofstream(root + "/gold/schemata") << "    L3:0=00f;1=7ff\n";
  const auto make = [&](const std::string& schema) {
    const plan::ResctrlPlan plan = {.group = "gold", .is_own = false, .schemata = {schema}};
    return MakeResctrl(LocateResctrl(plan, "c1", root), plan);
  };
  BOOST_TEST(make("L3:0=f").has_value());
  BOOST_TEST(!make("L3:0=ff").has_value());
  fs::remove_all(root);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::cgroups
