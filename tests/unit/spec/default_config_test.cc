#include "spec/default_config.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "spec/read_config.h"
#include "unit/spec/config_text.h"

namespace agentbox::spec {
namespace {

std::string NamespacesOf(const Config& config) {
  std::vector<std::string> types;
  for (const Namespace& entry : config.linux_->namespaces)
    types.push_back(entry.type);
  return Join(types, " ");
}

const Mount* Find(const Config& config, std::string_view destination) {
  const auto found = std::ranges::find(config.mounts, destination, &Mount::destination);
  return found == config.mounts.end() ? nullptr : &*found;
}

BOOST_AUTO_TEST_SUITE(spec_default_config)

BOOST_AUTO_TEST_CASE(it_is_a_config_without_unknown_keys) {
  const auto config = ReadConfig(DefaultConfig({}));
  BOOST_REQUIRE_MESSAGE(config, MessageOf(config));
  BOOST_TEST(config->unknown_keys.empty());
  BOOST_TEST(config->oci_version == "1.3.0");
  BOOST_TEST(config->process->terminal);
  BOOST_TEST(Join(config->process->args, " ") == "sh");
  BOOST_TEST(config->process->no_new_privileges);
  BOOST_TEST(config->root->path == "rootfs");
  BOOST_TEST(config->root->readonly);
  BOOST_TEST(NamespacesOf(*config) == "pid network ipc uts mount cgroup");
  BOOST_TEST(config->linux_->uid_mappings.empty());
  BOOST_TEST(config->linux_->resources->devices.size() == 1U);
  BOOST_TEST(config->linux_->masked_paths.size() == 10U);
  BOOST_TEST(Find(*config, "/dev/pts")->options.back() == "gid=5");
}

BOOST_AUTO_TEST_CASE(without_privileges_the_user_is_root_and_no_other_id_is_named) {
  const auto config = ReadConfig(DefaultConfig(RootlessIds{.uid = 1000, .gid = 100}));
  BOOST_REQUIRE_MESSAGE(config, MessageOf(config));
  BOOST_TEST((config->linux_->uid_mappings == std::vector<abi::IdMapping>{{0, 1000, 1}}));
  BOOST_TEST((config->linux_->gid_mappings == std::vector<abi::IdMapping>{{0, 100, 1}}));
  BOOST_TEST(NamespacesOf(*config) == "pid network ipc uts mount cgroup user");
  BOOST_TEST(Find(*config, "/dev/pts")->options.back() == "mode=0620");
  BOOST_TEST(!config->linux_->resources);
}

BOOST_AUTO_TEST_CASE(root_of_the_host_is_never_mapped) {
  const auto config = ReadConfig(DefaultConfig(RootlessIds{}));
  BOOST_REQUIRE_MESSAGE(config, MessageOf(config));
  BOOST_TEST(config->linux_->uid_mappings.empty());
}

BOOST_AUTO_TEST_CASE(it_is_indented_by_tabs_as_runc_writes_it) {
  BOOST_TEST(DefaultConfig({}).starts_with("{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::spec
