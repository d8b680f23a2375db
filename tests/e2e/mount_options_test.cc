// Each option of a mount, as the mount table inside shows it: those of one mount, and those with an
// "r" before them, which hold for the mounts below too (config.md#linux-mount-options).
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/facts.h"

namespace agentbox::test {
namespace {

using nlohmann::json;
using Options = std::vector<std::string>;

// All but those of devices, which have a case of their own.
const Options kAttributes = {"ro",
                             "rw",
                             "nosuid",
                             "suid",
                             "noexec",
                             "exec",
                             "nodiratime",
                             "diratime",
                             "nosymfollow",
                             "symfollow",
                             "noatime",
                             "strictatime",
                             "relatime",
                             "atime",
                             "norelatime",
                             "nostrictatime"};

// A directory with a file and a mount below it, with a file too.
struct TreeOfMounts : Box {
  TreeOfMounts() {
    std::filesystem::create_directories(volume + "/below");
    std::filesystem::create_directories(other);
    WriteFile(volume + "/file", "of the host\n");
    WriteFile(other + "/file", "of the host, below\n");
    if (::mount(other.c_str(), (volume + "/below").c_str(), nullptr, MS_BIND, nullptr) < 0)
      throw std::runtime_error("mount(2) of " + other);
  }
  ~TreeOfMounts() { ::umount2((volume + "/below").c_str(), MNT_DETACH); }

  // One more volume at "/OPTION", with `options` before that one; what is to be seen of it.
  void Add(const std::string& option, Options options = {"rbind"}) {
    const std::string path = "/" + option;
    options.push_back(option);
    bundle.Volume(path, volume, options);
    facts.push_back("mounts " + path + " " + option);
  }
  // Of the mount below it too.
  void AddBelow(const std::string& option, const Options& options = {"rbind"}) {
    Add(option, options);
    facts.push_back("mounts /" + option + "/below " + option);
  }

  std::vector<std::string> facts;
  std::string volume = bundle.Directory() + "/volume";
  std::string other = bundle.Directory() + "/other";
};

BOOST_FIXTURE_TEST_SUITE(mount_options, TreeOfMounts)

BOOST_AUTO_TEST_CASE(each_attribute_holds_for_its_mount) {
  for (const std::string& option : kAttributes)
    Add(option);
  Add("nodev");
  CheckFacts(bundle, facts);
}

BOOST_AUTO_TEST_CASE(each_attribute_with_r_holds_for_the_mounts_below_too) {
  for (const std::string& option : kAttributes) {
    // A volume itself has no set-uid bits unless it is asked for.
    const bool is_suid = option == "suid";
    AddBelow("r" + option, is_suid ? Options{"suid", "rbind"} : Options{"rbind"});
  }
  AddBelow("rnodev");
  CheckFacts(bundle, facts);
}

// What the policy lets in is listed there, by path.
BOOST_AUTO_TEST_CASE(devices_of_volumes_are_none_whatever_the_options_say) {
  bundle.Volume("/volume", volume, {"rbind", "dev", "rdev"});
  BOOST_TEST(
      bundle.OutputOf(
          {"/bin/sh", "-c", "grep ' /volume' /proc/self/mountinfo | grep -c '[ ,]nodev[ ,]'"}) ==
      "2");
}

BOOST_AUTO_TEST_CASE(an_attribute_without_r_leaves_the_mounts_below_alone) {
  bundle.Volume("/volume", volume, {"rbind", "ro", "noexec"});
  const std::string found = bundle.OutputOf({"/bin/grep", " /volume", "/proc/self/mountinfo"});
  BOOST_TEST(found.find(" /volume ro,") != std::string::npos, found);
  BOOST_TEST(found.find(" /volume/below rw,") != std::string::npos, found);
  BOOST_TEST(found.find("noexec") == found.rfind("noexec"), found);
}

BOOST_AUTO_TEST_CASE(a_symlink_is_not_followed_with_nosymfollow) {
  std::filesystem::create_symlink("file", volume + "/link");
  const auto read = [this](const std::string& option) {
    bundle.Volume("/" + option, volume, {"rbind", option});
    const Outcome outcome = bundle.Run({"/bin/cat", "/" + option + "/link"});
    return outcome.output + outcome.errors;
  };
  BOOST_TEST(read("symfollow") == "of the host\n");
  BOOST_TEST(read("nosymfollow").find("Too many levels of symbolic links") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(propagation_is_private_or_shared_or_unbindable_as_asked) {
  for (const std::string option : {"private", "shared", "unbindable"}) {
    Add(option);
    AddBelow("r" + option);
  }
  CheckFacts(bundle, facts);
}

BOOST_AUTO_TEST_CASE(ridmap_maps_the_mounts_below_too_and_idmap_does_not) {
  for (const std::string& file : {volume + "/file", other + "/file"})
    BOOST_REQUIRE(::chown(file.c_str(), 500, 600) == 0);
  const auto owners = [this](const std::string& option) {
    const json mounts = bundle.config["mounts"];
    bundle.Volume("/volume", volume, {"rbind", option});
    json& mount = bundle.config["mounts"].back();
    mount["uidMappings"] = {{{"containerID", 500}, {"hostID", 20}, {"size", 1}}};
    mount["gidMappings"] = {{{"containerID", 600}, {"hostID", 30}, {"size", 1}}};
    const Outcome outcome =
        bundle.Run({"/bin/stat", "-c", "%u:%g", "/volume/file", "/volume/below/file"});
    bundle.config["mounts"] = mounts;
    return outcome.output + outcome.errors;
  };
  BOOST_TEST(owners("ridmap") == "20:30\n20:30\n");
  const std::string alone = owners("idmap");
  BOOST_TEST(alone.starts_with("20:30\n"), alone);
  BOOST_TEST(!alone.ends_with("\n20:30\n"), alone);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
