#include "container/mount_aliases.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/strings.h"

namespace agentbox::container {
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
  BOOST_TEST(Aliases("/home/ann") == "/mnt/ann");
  BOOST_TEST(Aliases("/mnt/ann/x") == "/home/ann/x");
  BOOST_TEST(Aliases("/home/bob/.env").empty());
  BOOST_TEST(Aliases("/etc/key") == "/mnt/all/etc/key");
  BOOST_TEST(Aliases("/mnt/all/etc/key") == "/etc/key");
  BOOST_TEST(Aliases("/data/x").empty());
}

// Below /home of the first file system is what /home of the second covers.
BOOST_AUTO_TEST_CASE(what_another_mount_covers_is_no_name_of_it) {
  BOOST_TEST(Aliases("/mnt/all/home/x").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
