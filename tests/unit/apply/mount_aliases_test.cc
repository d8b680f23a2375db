#include "apply/mount_aliases.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/strings.h"

namespace agentbox::apply {
namespace {

kernel::MountEntry Mount(std::uint64_t device, const std::string& root, const std::string& target) {
  return {.device = device, .root = root, .target = target};
}

const std::vector<kernel::MountEntry> kMounts = {Mount(1, "/", "/"),
                                                 Mount(2, "/", "/home"),
                                                 Mount(2, "/ann", "/mnt/ann"),
                                                 Mount(1, "/", "/mnt/all"),
                                                 Mount(2, "/ann/.env", "/mnt/file"),
                                                 Mount(3, "/", "/data")};

std::string Aliases(const std::string& path) {
  return Join(AliasesOf(path, kMounts), " ");
}

BOOST_AUTO_TEST_SUITE(mount_aliases)

BOOST_AUTO_TEST_CASE(a_file_is_seen_by_every_mount_that_reaches_it) {
  BOOST_TEST(Aliases("/home/ann/.env") == "/mnt/ann/.env /mnt/file");
  BOOST_TEST(Aliases("/mnt/ann/x") == "/home/ann/x");
  BOOST_TEST(Aliases("/home/bob/.env").empty());
  BOOST_TEST(Aliases("/etc/key") == "/mnt/all/etc/key");
  BOOST_TEST(Aliases("/mnt/all/etc/key") == "/etc/key");
  BOOST_TEST(Aliases("/data/x").empty());
}

BOOST_AUTO_TEST_CASE(of_a_directory_every_mount_of_a_part_is_another_name) {
  BOOST_TEST(Aliases("/home/ann") == "/mnt/ann /mnt/file");
  BOOST_TEST(Aliases("/mnt/ann") == "/home/ann /mnt/file");
  BOOST_TEST(Aliases("/home") == "/mnt/ann /mnt/file");
}

// A mount of a part that is in the directory itself goes with it; one that another covers is not
// seen; and the same path of another file system is something else.
BOOST_AUTO_TEST_CASE(of_the_parts_of_a_directory_only_what_is_seen_elsewhere_counts) {
  const std::vector<kernel::MountEntry> mounts = {Mount(1, "/", "/"),
                                                  Mount(1, "/a/keys", "/a/again"),
                                                  Mount(1, "/a/keys", "/srv/keys"),
                                                  Mount(1, "/a/keys", "/opt/keys"),
                                                  Mount(2, "/", "/opt/keys"),
                                                  Mount(1, "/ab", "/srv/ab"),
                                                  Mount(2, "/a/keys", "/srv/other")};
  BOOST_TEST(Join(AliasesOf("/a", mounts), " ") == "/srv/keys");
}

// Below /home of the first file system is what /home of the second covers, and what a layer over
// "/" shows.
BOOST_AUTO_TEST_CASE(what_another_mount_covers_is_a_name_of_it) {
  BOOST_TEST(Aliases("/mnt/all/home/x") == "/home/x");
  BOOST_TEST(Join(AliasesOn(kMounts[0], "/home/x", kMounts), " ") == "/mnt/all/home/x");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::apply
