#include "spec/features.h"

#include <boost/test/unit_test.hpp>

#include "abi/namespaces.h"
#include "abi/rlimits.h"
#include "base/strings.h"
#include "json/reader.h"
#include "unit/spec/config_text.h"

namespace agentbox::spec {
namespace {

std::string Sample() {
  Features features;
  features.version = "0.1.0";
  features.libseccomp_version = "2.5.4";
  features.mount_options = {"ro", "rw"};
  features.supported_seccomp_flags = {"SECCOMP_FILTER_FLAG_LOG"};
  features.has_systemd_driver = true;
  features.unsafe_annotations = {"dev.agentbox."};
  features.profiles = {{"dev", "toolchains", "nothing", {200, 15, 20, 130}}};
  features.rootfs_modes = {"throwaway", "engine"};
  features.scratch_kinds = {"disk", "tmpfs"};
  features.network_modes = {"none", "host", "pasta"};
  return FeaturesJson(features);
}

// What the members of that path come to, read as Go's `Features` would; "?" if it is not there.
std::string At(const std::vector<std::string>& path) {
  const auto root = json::Parse(Sample());
  BOOST_REQUIRE(root);
  const json::Value* value = &*root;
  for (const std::string& key : path) {
    std::size_t i = 0;
    while (i < value->keys.size() && value->keys[i] != key)
      ++i;
    if (i == value->keys.size()) return "?";
    value = &value->items[i];
  }
  std::string text =
      value->type == json::Type::kBoolean ? (value->boolean ? "true" : "false") : value->text;
  for (const json::Value& item : value->items)
    text += (text.empty() ? "" : " ") + item.text;
  return text;
}

BOOST_AUTO_TEST_SUITE(spec_features)

BOOST_AUTO_TEST_CASE(the_members_of_the_specification_are_there) {
  BOOST_TEST(At({"ociVersionMin"}) + " " + At({"ociVersionMax"}) == "1.0.0 1.3.0");
  BOOST_TEST(At({"hooks"}) ==
             "prestart createRuntime createContainer startContainer poststart poststop");
  BOOST_TEST(At({"mountOptions"}) == "ro rw");
  BOOST_TEST(At({"linux", "namespaces"}) == "cgroup ipc mount network pid time user uts");
  BOOST_TEST(At({"linux", "capabilities"}).starts_with("CAP_CHOWN CAP_DAC_OVERRIDE "));
  BOOST_TEST(At({"linux", "capabilities"}).ends_with(" CAP_BPF CAP_CHECKPOINT_RESTORE"));
  for (const char* key : {"v1", "v2", "systemd", "systemdUser", "rdma"}) {
    BOOST_TEST(At({"linux", "cgroup", key}) == "true", key);
  }
  BOOST_TEST(At({"linux", "seccomp", "enabled"}) == "true");
  BOOST_TEST(At({"linux", "seccomp", "actions"}).ends_with("SCMP_ACT_TRACE SCMP_ACT_TRAP"));
  BOOST_TEST(At({"linux", "seccomp", "operators"}).starts_with("SCMP_CMP_EQ SCMP_CMP_GE "));
  BOOST_TEST(At({"linux", "seccomp", "archs"}).ends_with("SCMP_ARCH_X86 SCMP_ARCH_X86_64"));
  BOOST_TEST(At({"linux", "seccomp", "knownFlags"}).starts_with("SECCOMP_FILTER_FLAG_LOG "));
  BOOST_TEST(At({"linux", "seccomp", "supportedFlags"}) == "SECCOMP_FILTER_FLAG_LOG");
  BOOST_TEST(At({"linux", "apparmor", "enabled"}) == "true");
  BOOST_TEST(At({"linux", "selinux", "enabled"}) == "true");
  BOOST_TEST(At({"linux", "intelRdt", "schemata"}) == "true");
  BOOST_TEST(At({"linux", "memoryPolicy", "modes"}).starts_with("MPOL_DEFAULT "));
  BOOST_TEST(At({"linux", "mountExtensions", "idmap", "enabled"}) == "true");
  BOOST_TEST(At({"linux", "netDevices", "enabled"}) == "true");
  BOOST_TEST(At({"potentiallyUnsafeConfigAnnotations"}) == "dev.agentbox.");
}

BOOST_AUTO_TEST_CASE(our_block_tells_what_each_profile_costs) {
  BOOST_TEST(At({"annotations", "dev.agentbox.version"}) == "0.1.0");
  BOOST_TEST(At({"annotations", "io.github.seccomp.libseccomp.version"}) == "2.5.4");
  BOOST_TEST(At({"dev.agentbox", "rootfs"}) == "throwaway engine");
  BOOST_TEST(At({"dev.agentbox", "scratch"}) == "disk tmpfs");
  BOOST_TEST(At({"dev.agentbox", "network"}) == "none host pasta");
  const auto root = json::Parse(Sample());
  const json::Value& profile = root->items.back().items.front().items.front();
  BOOST_TEST(profile.items[0].text + " " + profile.items[1].text + " " + profile.items[2].text ==
             "dev toolchains nothing");
  BOOST_TEST(Join(profile.items[3].keys, "") == "UCSD");
  BOOST_TEST(profile.items[3].items[0].text + " " + profile.items[3].items[3].text == "200 130");
}

BOOST_AUTO_TEST_CASE(the_reader_and_the_kernels_tables_know_the_same_names) {
  for (const abi::NamespaceKind& kind : abi::kNamespaceKinds) {
    const std::string type = R"("linux": {"namespaces": [{"type": ")" + std::string(kind.name);
    BOOST_TEST(ErrorOf(R"({"ociVersion": "1.0.0", )" + type + R"("}]}})") == "process: is required",
               kind.name);
  }
  for (const auto& [name, number] : abi::kRlimits) {
    const std::string rlimit = R"("rlimits": [{"type": ")" + std::string(name);
    BOOST_TEST(ErrorOf(WithProcess(rlimit + R"(", "soft": 1, "hard": 1}])")) == "no error", name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::spec
