#include <boost/test/unit_test.hpp>

#include "cgroups/cgroup.h"
#include "cgroups/stats.h"
#include "cgroups/systemd.h"
#include "cgroups/values.h"

namespace agentbox::cgroups {
namespace {

std::string DirectoryOf(const std::string& path, plan::CgroupMode mode, const std::string& own) {
  plan::HostFacts facts;
  facts.cgroup_mode = mode;
  if (mode == plan::CgroupMode::kV2) {
    facts.cgroup_hierarchies = {{.mount_point = "/sys/fs/cgroup", .own = own}};
  } else {
    facts.cgroup_hierarchies = {{.controllers = {"cpu", "cpuacct"},
                                 .mount_point = "/sys/fs/cgroup/cpu,cpuacct",
                                 .own = own}};
  }
  const plan::CgroupPlan plan = {.path = path};
  const auto location = Locate(plan, facts);
  if (!location) return location.error().ToString();
  return location->directories.at(mode == plan::CgroupMode::kV2 ? "" : "cpuacct");
}

BOOST_AUTO_TEST_SUITE(cgroups_locate)

BOOST_AUTO_TEST_CASE(an_absolute_path_is_below_the_root) {
  BOOST_TEST(DirectoryOf("/a/b", plan::CgroupMode::kV2, "/own") == "/sys/fs/cgroup/a/b");
  BOOST_TEST(DirectoryOf("/a", plan::CgroupMode::kV1, "/own") == "/sys/fs/cgroup/cpu,cpuacct/a");
}

BOOST_AUTO_TEST_CASE(a_relative_path_is_below_ours_on_v1_and_beside_it_on_v2) {
  BOOST_TEST(DirectoryOf("c", plan::CgroupMode::kV1, "/x/y") == "/sys/fs/cgroup/cpu,cpuacct/x/y/c");
  BOOST_TEST(DirectoryOf("c", plan::CgroupMode::kV1, "/") == "/sys/fs/cgroup/cpu,cpuacct/c");
  BOOST_TEST(DirectoryOf("c", plan::CgroupMode::kV2, "/x/y") == "/sys/fs/cgroup/x/c");
  BOOST_TEST(DirectoryOf("c", plan::CgroupMode::kV2, "/x") == "/sys/fs/cgroup/c");
  BOOST_TEST(DirectoryOf("c", plan::CgroupMode::kV2, "/") == "/sys/fs/cgroup/c");
}

BOOST_AUTO_TEST_CASE(slices_are_nested_by_their_names) {
  BOOST_TEST(*SlicePath("system.slice") == "/system.slice");
  BOOST_TEST(*SlicePath("a-b-c.slice") == "/a.slice/a-b.slice/a-b-c.slice");
  BOOST_TEST(SlicePath("-.slice")->empty());
  BOOST_TEST(!SlicePath("a--b.slice").has_value());
  BOOST_TEST(!SlicePath("-a.slice").has_value());
  BOOST_TEST(!SlicePath("a").has_value());
}

BOOST_AUTO_TEST_CASE(a_scope_of_a_user_is_below_the_users_manager) {
  plan::HostFacts facts;
  facts.euid = 1000;
  facts.cgroup_hierarchies = {{.mount_point = "/sys/fs/cgroup",
                               .own = "/user.slice/user-7.slice/user@7.service/app.slice/x.scope"}};
  plan::CgroupPlan plan = {.driver = plan::CgroupDriver::kSystemd,
                           .slice = "user.slice",
                           .scope = "p-c.scope",
                           .user_bus = true};
  BOOST_TEST(Locate(plan, facts)->directories.at("") ==
             "/sys/fs/cgroup/user.slice/user-7.slice/user@7.service/user.slice/p-c.scope");
  facts.cgroup_hierarchies[0].own = "/user.slice/user-1000.slice/session-3.scope";
  BOOST_TEST(Locate(plan, facts)->directories.at("") ==
             "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/user.slice/p-c.scope");
}

BOOST_AUTO_TEST_CASE(without_a_hierarchy_only_an_optional_cgroup_is_located) {
  plan::CgroupPlan plan = {.origin = "default", .path = "c"};
  BOOST_TEST(!Locate(plan, plan::HostFacts()).has_value());
  plan.is_optional = true;
  BOOST_TEST((Locate(plan, plan::HostFacts())->driver == plan::CgroupDriver::kNone));
}

BOOST_AUTO_TEST_CASE(values_are_numbers_or_max) {
  BOOST_TEST(*ReadNumber("12\n") == 12U);
  BOOST_TEST(*ReadNumber("max\n") == UINT64_MAX);
  BOOST_TEST(!ReadNumber("12 13").has_value());
  BOOST_TEST(*FindKey("populated 0\nfrozen 1\n", "frozen") == 1U);
  BOOST_TEST(!FindKey("populated 0\n", "pop").has_value());
  BOOST_TEST(FindWord("8:0 rbytes=5 wbytes=6", "wbytes") == "6");
  BOOST_TEST(ReadList("0-2,5\n").size() == 4U);
  BOOST_TEST(ReadList("\n").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::cgroups
