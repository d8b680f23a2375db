#include "plan/mounts.h"

#include <sys/mount.h>

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "plan/mount_options.h"

namespace agentbox::plan {
namespace {

Result<std::vector<MountStep>> Planned(std::vector<spec::Mount> mounts) {
  policy::Policy policy;
  policy.allowed_devices = {"/dev/kvm"};
  auto steps = PlanMounts({.mounts = std::move(mounts)}, policy, {}, "/bundle");
  // The /dev of every container has a case of its own.
  if (steps)
    std::erase_if(*steps, [](const MountStep& step) { return step.origin == "default devices"; });
  return steps;
}

std::string PlanOf(const spec::Mount& mount) {
  const auto steps = Planned({mount});
  return steps ? ToString(steps->front()) : steps.error().ToString();
}

BOOST_AUTO_TEST_SUITE(plan_mounts)

BOOST_AUTO_TEST_CASE(a_bind_mount_is_recursive_only_with_rbind) {
  BOOST_TEST(PlanOf({"/work", "bind", "/src", {"bind"}}) == "/work: bind /src nosuid nodev rnodev");
  BOOST_TEST(PlanOf({"/work", "bind", "/src", {}}) == "/work: bind /src nosuid nodev rnodev");
  BOOST_TEST(PlanOf({"/work", "none", "/src", {"rbind"}}) ==
             "/work: rbind /src nosuid nodev rnodev");
}

BOOST_AUTO_TEST_CASE(a_volume_has_no_set_uid_files_unless_asked_for_and_never_devices) {
  BOOST_TEST(PlanOf({"/w", "bind", "/src", {"rbind", "suid", "dev", "rdev"}}) ==
             "/w: rbind /src suid nodev rnodev");
  BOOST_TEST(PlanOf({"/w", "bind", "/dev/kvm", {"bind", "dev"}}) == "/w: bind /dev/kvm nosuid dev");
}

BOOST_AUTO_TEST_CASE(a_destination_that_is_not_absolute_is_below_the_root) {
  BOOST_TEST(PlanOf({"var/data", "bind", "/src", {}}) ==
             "/var/data: bind /src nosuid nodev rnodev");
  BOOST_TEST(PlanOf({"../x", "bind", "/src", {}}) == "/x: bind /src nosuid nodev rnodev");
}

BOOST_AUTO_TEST_CASE(options_of_a_whole_file_system_are_taken_and_leave_a_bind_as_it_is) {
  BOOST_TEST(
      PlanOf(
          {"/w", "bind", "/src", {"sync", "dirsync", "lazytime", "mand", "iversion", "remount"}}) ==
      "/w: bind /src nosuid nodev rnodev");
  BOOST_TEST(PlanOf({"/t", "tmpfs", "tmpfs", {"sync", "", "iversion", "remount"}}) ==
             "/t: tmpfs sync");
  const std::vector<std::string> names = MountOptionNames();
  for (const char* name : {"sync", "dirsync", "lazytime", "mand", "iversion", "remount"})
    BOOST_TEST(std::ranges::count(names, name) == 1, name);
}

BOOST_AUTO_TEST_CASE(the_last_of_two_contrary_options_wins) {
  BOOST_TEST(PlanOf({"/work", "bind", "/src", {"bind", "ro", "rw"}}) ==
             "/work: bind /src rw nosuid nodev rnodev");
  BOOST_TEST(PlanOf({"/t", "tmpfs", "tmpfs", {"noatime", "strictatime", "rprivate", "rslave"}}) ==
             "/t: tmpfs strictatime rslave");
}

BOOST_AUTO_TEST_CASE(ro_holds_for_one_mount_and_rro_for_those_below_too) {
  const auto steps = Planned({{"/a", "bind", "/a", {"rbind", "ro"}},  //
                              {"/b", "bind", "/b", {"rbind", "rro"}}});
  BOOST_REQUIRE(steps);
  BOOST_TEST(((*steps)[0].attributes_below.set & MOUNT_ATTR_RDONLY) == 0U);
  BOOST_TEST(((*steps)[1].attributes.set & MOUNT_ATTR_RDONLY) == 0U);
  BOOST_TEST(ToString((*steps)[1]) == "/b: rbind /b nosuid nodev rro rnodev");
}

BOOST_AUTO_TEST_CASE(access_times_are_one_field_which_is_cleared_before_it_is_set) {
  const auto steps = Planned({{"/a", "tmpfs", "tmpfs", {"noatime", "relatime"}}});
  BOOST_REQUIRE(steps);
  BOOST_TEST(steps->front().attributes.set == 0U);
  BOOST_TEST(steps->front().attributes.clear == std::uint64_t{MOUNT_ATTR__ATIME});
}

BOOST_AUTO_TEST_CASE(what_is_no_attribute_is_data_for_the_file_system) {
  BOOST_TEST(PlanOf({"/dev", "tmpfs", "tmpfs", {"nosuid", "mode=755", "size=65536k"}}) ==
             "/dev: tmpfs mode=755 size=65536k nosuid");
  BOOST_TEST(PlanOf({"/dev/pts", "devpts", "devpts", {"newinstance", "ptmxmode=0666"}}) ==
             "/dev/pts: devpts newinstance ptmxmode=0666");
  BOOST_TEST(PlanOf({"/run", "tmpfs", "tmpfs", {"tmpcopyup"}}) == "/run: tmpfs tmpcopyup");
}

BOOST_AUTO_TEST_CASE(a_dev_that_config_json_does_not_mount_comes_first) {
  const auto steps = PlanMounts({.mounts = {{"/dev/shm", "tmpfs", "shm", {}}}}, {}, {}, "/bundle");
  BOOST_REQUIRE(steps);
  BOOST_REQUIRE(steps->size() == 2U);
  BOOST_TEST(ToString(steps->front()) == "/dev: tmpfs mode=755 size=65536k nosuid strictatime");
  BOOST_TEST(steps->back().origin == "mounts[0]");
  BOOST_TEST(PlanMounts({.mounts = {{"/dev/", "tmpfs", "t", {}}}}, {}, {}, "/b")->size() == 1U);
}

BOOST_AUTO_TEST_CASE(proc_and_devpts_are_for_init_and_all_else_for_the_launcher) {
  spec::Config config;
  config.linux_ = spec::Linux{.namespaces = {{"pid", ""}}};
  config.mounts = {{"/dev", "tmpfs", "tmpfs", {}},
                   {"/proc", "proc", "proc", {}},
                   {"/dev/pts", "devpts", "devpts", {}},
                   {"/dev/mqueue", "mqueue", "mqueue", {}},
                   {"/sys", "sysfs", "sysfs", {"ro"}}};
  auto steps = PlanMounts(config, {}, {}, "/bundle");
  BOOST_REQUIRE(steps);
  steps->erase(steps->begin());
  BOOST_TEST(IsMadeByInit((*steps)[0]));
  BOOST_TEST(IsMadeByInit((*steps)[1]));
  BOOST_TEST(!IsMadeByInit((*steps)[2]));
  BOOST_TEST(!IsMadeByInit((*steps)[3]));
}

BOOST_AUTO_TEST_CASE(the_processes_of_the_host_are_shown_by_the_launcher) {
  const auto steps = Planned({{"/proc", "proc", "proc", {}}});
  BOOST_REQUIRE(steps);
  BOOST_TEST(!IsMadeByInit((*steps)[0]));
  BOOST_TEST(ToString((*steps)[0]) == "/proc: proc of the host");
}

BOOST_AUTO_TEST_CASE(an_overlay_names_its_directories) {
  BOOST_TEST(
      PlanOf({"/v", "overlay", "overlay", {"lowerdir=/a\\:b:/c", "upperdir=/u", "workdir=/w"}}) ==
      "/v: overlay /u over /a:b:/c");
  BOOST_TEST(PlanOf({"/v", "overlay", "overlay", {"lowerdir=/a", "upperdir=/u"}}) ==
             "mounts[0]: overlay: expected lowerdir, and upperdir with workdir, as absolute paths");
}

BOOST_AUTO_TEST_CASE(a_mount_may_have_a_mapping_of_its_own) {
  const auto steps = Planned({{"/a", "bind", "/a", {"bind"}, {{0, 5, 1}}, {{0, 6, 1}}},
                              {"/b", "bind", "/b", {"ridmap=uids=0-1000-10#20-2000-5;gids=0-7-1"}},
                              {"/c", "bind", "/c", {"idmap=uids=@0-1-2;gids=@0-1-2"}}});
  BOOST_REQUIRE(steps);
  const auto idmap = [&steps](std::size_t i) {
    return *std::get<BindMount>((*steps)[i].what).idmap;
  };
  BOOST_TEST((idmap(0).maps == abi::IdMaps{{{0, 5, 1}}, {{0, 6, 1}}}));
  BOOST_TEST((idmap(1).maps == abi::IdMaps{{{0, 1000, 10}, {20, 2000, 5}}, {{0, 7, 1}}}));
  BOOST_TEST(idmap(1).recursive);
  BOOST_TEST(!idmap(1).is_relative);
  BOOST_TEST(idmap(2).is_relative);
  BOOST_TEST(PlanOf({"/b", "bind", "/b", {"idmap=uids=0-1"}}) ==
             "mounts[0]: idmap: expected FROM-TO-COUNT, found \"0-1\"");
}

BOOST_AUTO_TEST_CASE(a_relative_source_is_of_the_bundle) {
  BOOST_TEST(PlanOf({"/a", "bind", "data", {"bind"}}) ==
             "/a: bind /bundle/data nosuid nodev rnodev");
}

BOOST_AUTO_TEST_CASE(an_error_names_the_entry_and_the_option) {
  BOOST_TEST(PlanOf({"/work", "bind", "/src", {"bind", "bogus"}}) ==
             "mounts[0]: option \"bogus\" has no meaning for a bind mount");
  BOOST_TEST(PlanOf({"/..", "bind", "/src", {"bind"}}) ==
             "mounts[0]: destination \"/\" is the root file system");
  BOOST_TEST(PlanOf({"/sys", "sysfs", "sysfs", {"bogus"}}) ==
             "mounts[0]: option \"bogus\" has no meaning for sysfs");
}

BOOST_AUTO_TEST_CASE(the_hosts_cgroups_are_not_given_to_systemd) {
  const char* const hierarchy = "/sys/fs/cgroup/systemd";
  const auto bound = Planned({{hierarchy, "bind", hierarchy, {"bind", "rprivate"}}});
  BOOST_REQUIRE(!bound);
  BOOST_TEST((bound.error().Kind() == ErrorKind::kUnsupported));
  BOOST_TEST(bound.error().ToString().starts_with("mounts[0]: systemd in a container needs"));
  BOOST_TEST(Planned({{hierarchy, "bind", hierarchy, {"bind", "ro"}}}).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_container_has_no_business_to_mount_is_refused) {
  const auto nfs = Planned({{"/n", "nfs", "host:/x", {}}});
  BOOST_REQUIRE(!nfs);
  BOOST_TEST((nfs.error().Kind() == ErrorKind::kRefused));
  BOOST_TEST(nfs.error().ToString().starts_with("mounts[0]: type \"nfs\": a container may mount"));
  for (const char* const destination : {"/proc", "/proc/sys/kernel", "/x/../proc/self/attr"}) {
    const auto bound = Planned({{destination, "bind", "/src", {"bind"}}});
    BOOST_REQUIRE(!bound);
    BOOST_TEST((bound.error().Kind() == ErrorKind::kRefused));
  }
  BOOST_TEST(Planned({{"/proc/meminfo", "bind", "/lxcfs/meminfo", {"bind"}}}).has_value());
}

BOOST_AUTO_TEST_CASE(at_or_below_goes_by_whole_names) {
  BOOST_TEST(IsAtOrBelow("/proc", "/proc"));
  BOOST_TEST(IsAtOrBelow("/proc/sys", "/proc"));
  BOOST_TEST(!IsAtOrBelow("/process", "/proc"));
  BOOST_TEST(IsAtOrBelow("/anything", "/"));
  BOOST_TEST(CleanPath("//a/./b/../../../c/") == "/c");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
