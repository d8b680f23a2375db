#include "container/do_config.h"

#include <algorithm>
#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

spec::Config ConfigOf(const Invoker& invoker,
                      const plan::HostFacts& facts = {},
                      const policy::Policy& policy = policy::DefaultPolicy()) {
  return MakeDoConfig({.invoker = invoker, .command = {"make"}, .cwd = "/src"}, {}, policy, facts);
}

Invoker Ann() {
  return {.uid = 1000, .gid = 1000, .groups = {27, 1001}, .name = "ann", .home = "/home/ann"};
}

bool HasNamespace(const spec::Config& config, const std::string& type) {
  return std::ranges::find(config.linux_->namespaces, type, &spec::Namespace::type) !=
         config.linux_->namespaces.end();
}

std::string Text(const std::vector<abi::IdMapping>& map) {
  std::string text;
  for (const abi::IdMapping& line : map) {
    text += std::to_string(line.container) + ":" + std::to_string(line.host) + "+" +
            std::to_string(line.count) + " ";
  }
  return text;
}

BOOST_AUTO_TEST_SUITE(do_config)

BOOST_AUTO_TEST_CASE(a_user_is_who_they_are_and_can_not_become_root) {
  const spec::Config config = ConfigOf(Ann());
  BOOST_TEST(config.process->user.uid == 1000U);
  BOOST_TEST(config.process->user.additional_gids.size() == 2U);
  BOOST_TEST(config.process->no_new_privileges);
  BOOST_TEST(config.process->capabilities->effective.empty());
  BOOST_TEST(config.process->capabilities->inheritable.empty());
  BOOST_TEST(config.linux_->uid_mappings.empty());
}

BOOST_AUTO_TEST_CASE(root_has_what_packages_need_and_no_raw_sockets) {
  const spec::Config config = ConfigOf({});
  const auto& effective = config.process->capabilities->effective;
  BOOST_TEST((std::ranges::find(effective, "CAP_CHOWN") != effective.end()));
  BOOST_TEST((std::ranges::find(effective, "CAP_NET_RAW") == effective.end()));
  BOOST_TEST((std::ranges::find(effective, "CAP_SYS_ADMIN") == effective.end()));
}

BOOST_AUTO_TEST_CASE(the_network_is_the_hosts_only_when_asked_for) {
  policy::Policy policy = policy::DefaultPolicy();
  policy.network = policy::NetworkMode::kNone;
  BOOST_TEST(HasNamespace(ConfigOf(Ann(), {}, policy), "network"));
  policy.network = policy::NetworkMode::kHost;
  BOOST_TEST(!HasNamespace(ConfigOf(Ann(), {}, policy), "network"));
}

BOOST_AUTO_TEST_CASE(without_privilege_the_user_keeps_the_number_and_the_rest_is_subordinate) {
  BOOST_TEST(Text(MapsOfUser({{1000, 1000, 1}, {100000, 100000, 65536}}, 1000, 1000)) ==
             "1000:1000+1 0:100000+1000 1001:101000+64536 ");
  BOOST_TEST(Text(MapsOfUser({{1000, 1000, 1}}, 1000, 1000)) == "1000:1000+1 ");
  BOOST_TEST(Text(MapsOfUser(
                 {{1000, 1000, 1}, {200000, 200000, 500}, {300000, 300000, 1000}}, 1000, 1000)) ==
             "1000:1000+1 0:200000+500 500:300000+500 1001:300500+500 ");
  // As engines without root map an image.
  BOOST_TEST(Text(MapsOfUser({{1000, 1000, 1}, {100000, 100000, 65536}}, 1000, 0)) ==
             "0:1000+1 1:100000+65536 ");

  plan::HostFacts facts = {.euid = 1000, .egid = 1000};
  facts.in_initial_user_namespace = false;
  facts.own_maps = {{{1000, 1000, 1}}, {{1000, 1000, 1}}};
  const spec::Config config = ConfigOf(Ann(), facts);
  BOOST_TEST(Text(config.linux_->uid_mappings) == "1000:1000+1 ");
  BOOST_TEST(config.process->user.additional_gids.empty());
}

BOOST_AUTO_TEST_CASE(root_of_an_engines_namespace_inherits_its_ids) {
  plan::HostFacts facts;
  facts.in_initial_user_namespace = false;
  facts.own_maps = {{{0, 100000, 65536}}, {{0, 100000, 65536}}};
  BOOST_TEST(ConfigOf({}, facts).linux_->uid_mappings.empty());
}

BOOST_AUTO_TEST_CASE(limits_are_resources) {
  const spec::Config config = MakeDoConfig({.invoker = Ann(), .command = {"make"}},
                                           {.memory = 1 << 20, .cpu_quota = 150'000, .pids = 5},
                                           policy::DefaultPolicy(),
                                           {});
  const spec::Resources& resources = *config.linux_->resources;
  BOOST_TEST(*resources.memory->limit == 1 << 20);
  BOOST_TEST(*resources.memory->swap == 1 << 20);
  BOOST_TEST(*resources.cpu->quota == 150'000);
  BOOST_TEST(*resources.pids_limit == 5);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
