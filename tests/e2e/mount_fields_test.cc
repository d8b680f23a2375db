// config.json's `mounts` and `root`, seen from inside (config.md#mounts).
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "support/facts.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

// A directory of the host with one file, to mount.
struct Volumes : Box {
  Volumes() {
    std::filesystem::create_directories(volume);
    WriteFile(volume + "/file", "of the host\n");
  }

  std::string Inside(const std::string& script) {
    return bundle.OutputOf({"/bin/sh", "-c", script + "\n:"});
  }

  std::string volume = bundle.Directory() + "/volume";
};

BOOST_FIXTURE_TEST_SUITE(mounts, Volumes)

BOOST_AUTO_TEST_CASE(options_of_bind_mounts_hold) {
  bundle.Volume("/volume", volume, {"rbind", "ro", "nosuid", "nodev", "noexec", "noatime"});
  CheckFacts(bundle,
             {"mounts /volume ro",
              "mounts /volume nosuid",
              "mounts /volume nodev",
              "mounts /volume noexec",
              "mounts /volume noatime"});
}

BOOST_AUTO_TEST_CASE(a_writable_volume_is_the_hosts_and_keeps_ids) {
  ::chown((volume + "/file").c_str(), 1000, 1001);
  bundle.Volume("/volume", volume);
  BOOST_TEST(Inside("stat -c %u:%g /volume/file; echo more >> /volume/file; touch /volume/new;"
                    "chown 7:8 /volume/new") == "1000:1001");
  BOOST_TEST(ReadFile(volume + "/file") == "of the host\nmore\n");
  struct stat status = {};
  BOOST_TEST(::stat((volume + "/new").c_str(), &status) == 0);
  BOOST_TEST(status.st_uid == 7U);
  BOOST_TEST(status.st_gid == 8U);
}

BOOST_AUTO_TEST_CASE(a_readonly_volume_takes_no_write) {
  bundle.Volume("/volume", volume, {"rbind", "ro"});
  BOOST_TEST(Inside("touch /volume/new 2>&1") == "touch: /volume/new: Read-only file system");
  BOOST_TEST(!Exists(volume + "/new"));
}

BOOST_AUTO_TEST_CASE(destinations_are_made_for_directories_and_files) {
  bundle.Volume("/deep/er/directory", volume, {"rbind"});
  bundle.Volume("/other/file", volume + "/file", {"bind"});
  BOOST_TEST(Inside("cat /deep/er/directory/file /other/file") == "of the host\nof the host");
}

BOOST_AUTO_TEST_CASE(a_symlink_on_the_way_is_followed_within_the_root) {
  bundle.OwnRootfs();
  std::filesystem::create_directory_symlink("/etc", bundle.Rootfs() + "/alias");
  bundle.Volume("/alias/volume", volume);
  BOOST_TEST(Inside("cat /etc/volume/file") == "of the host");
}

BOOST_AUTO_TEST_CASE(rro_holds_for_mounts_below_and_ro_for_one) {
  const std::string inner = volume + "/inner";
  const MountedTmpfs mounted(inner);
  bundle.Volume("/one", volume, {"rbind", "ro"}).Volume("/all", volume, {"rbind", "rro"});
  const std::string found =
      Inside("touch /one/inner/a && echo one; touch /all/inner/b 2>/dev/null || echo all");
  BOOST_TEST(found == "one\nall");
}

BOOST_AUTO_TEST_CASE(bind_leaves_out_what_is_mounted_below_and_rbind_does_not) {
  const std::string inner = volume + "/inner";
  const MountedTmpfs mounted(inner);
  WriteFile(inner + "/below", "");
  bundle.Volume("/bind", volume, {"bind"}).Volume("/rbind", volume, {"rbind"});
  const std::string found = Inside("ls /bind/inner; echo -; ls /rbind/inner");
  BOOST_TEST(found == "-\nbelow");
}

BOOST_AUTO_TEST_CASE(a_tmpfs_has_its_size_and_mode) {
  bundle.Mount("/scratch", "tmpfs", "tmpfs", {"nosuid", "noexec", "size=64k", "mode=1750"});
  BOOST_TEST(
      Inside("stat -c %a /scratch; dd if=/dev/zero of=/scratch/f bs=1k count=200 2>/dev/null;"
             "stat -c %s /scratch/f") == "1750\n65536");
}

BOOST_AUTO_TEST_CASE(tmpcopyup_fills_a_tmpfs_with_what_it_hides) {
  bundle.Mount("/etc", "tmpfs", "tmpfs", {"tmpcopyup"});
  BOOST_TEST(
      Inside("head -n1 /etc/passwd; grep -c ' /etc tmpfs ' /proc/mounts; echo x > /etc/new") ==
      "root:x:0:0:root:/root:/bin/sh\n1");
}

// As under runc; the mode of a tmpfs on /tmp lets others write to it.
BOOST_AUTO_TEST_CASE(a_tmpfs_has_the_mode_of_what_it_covers_unless_it_has_its_own) {
  bundle.OwnRootfs();
  ::mkdir((bundle.Rootfs() + "/there").c_str(), 0700);
  ::chmod((bundle.Rootfs() + "/there").c_str(), 02750);
  const json before = bundle.config["mounts"];
  const auto modes_with = [&](const std::vector<std::string>& options) {
    bundle.config["mounts"] = before;
    bundle.Mount("/there", "tmpfs", "tmpfs", options).Mount("/new", "tmpfs", "tmpfs", options);
    return Inside("stat -c %a /there /new");
  };
  BOOST_TEST(modes_with({}) == "2750\n1777");
  BOOST_TEST(modes_with({"tmpcopyup"}) == "2750\n1777");
  BOOST_TEST(modes_with({"tmpcopyup", "mode=700"}) == "700\n700");
}

BOOST_AUTO_TEST_CASE(an_idmapped_mount_has_the_mappings_of_its_own) {
  ::chown((volume + "/file").c_str(), 500, 600);
  bundle.Volume("/volume", volume, {"rbind", "idmap"});
  json& mount = bundle.config["mounts"].back();
  mount["uidMappings"] = {{{"containerID", 500}, {"hostID", 20}, {"size", 1}}};
  mount["gidMappings"] = {{{"containerID", 600}, {"hostID", 30}, {"size", 1}}};
  const Outcome outcome = bundle.Run({"/bin/stat", "-c", "%u:%g", "/volume/file"});
  BOOST_TEST(outcome.output + outcome.errors == "20:30\n");
}

BOOST_AUTO_TEST_CASE(a_later_mount_covers_an_earlier_one) {
  bundle.Volume("/a", volume).Mount("/a", "tmpfs", "tmpfs", {});
  BOOST_TEST(Inside("ls /a") == "");
}

BOOST_AUTO_TEST_CASE(propagation_of_a_mount_is_as_asked) {
  bundle.Volume("/private", volume, {"rbind", "rprivate"})
      .Volume("/shared", volume, {"rbind", "rshared"});
  const std::string found =
      Inside("grep -e ' /private ' -e ' /shared ' /proc/self/mountinfo | grep -c shared:");
  BOOST_TEST(found == "1");
}

BOOST_AUTO_TEST_CASE(the_roots_propagation_is_as_asked) {
  bundle.config["linux"]["rootfsPropagation"] = "shared";
  BOOST_TEST(Inside("grep ' / / ' /proc/self/mountinfo | grep -c shared:") == "1");
}

BOOST_AUTO_TEST_CASE(a_readonly_root_takes_no_write_and_volumes_do) {
  bundle.config["root"]["readonly"] = true;
  bundle.Volume("/volume", volume).Mount("/tmp", "tmpfs", "tmpfs", {});
  BOOST_TEST(Inside("touch /volume/a /tmp/b; touch /c 2>/dev/null || echo root") == "root");
  CheckFacts(bundle, {"root.readonly"});
}

BOOST_AUTO_TEST_CASE(the_cgroup_mount_shows_the_containers_own_cgroup) {
  bundle.config["linux"]["namespaces"].push_back({{"type", "cgroup"}});
  CheckFacts(bundle, {"mounts /sys/fs/cgroup", "mounts /sys/fs/cgroup ro", "namespace cgroup"});
}

BOOST_AUTO_TEST_CASE(a_relative_root_is_in_the_bundle) {
  bundle.OwnRootfs();
  bundle.config["root"]["path"] = "rootfs";
  BOOST_TEST(Inside("echo in") == "in");
}

BOOST_AUTO_TEST_CASE(a_relative_source_is_in_the_bundle) {
  std::filesystem::create_directory(bundle.Path() + "/data");
  WriteFile(bundle.Path() + "/data/file", "of the bundle\n");
  bundle.Volume("/data", "data");
  BOOST_TEST(Inside("cat /data/file") == "of the bundle");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
