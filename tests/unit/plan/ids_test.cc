#include "plan/ids.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::plan {
namespace {

spec::Config Mapping(const std::vector<abi::IdMapping>& uids,
                     const std::vector<abi::IdMapping>& gids) {
  spec::Config config;
  config.linux_ = spec::Linux{.uid_mappings = uids, .gid_mappings = gids};
  return config;
}

std::string PlanOf(const spec::Config& config, const HostFacts& facts = {}) {
  const auto plan = PlanIds(config, facts);
  return plan ? ToString(*plan) : plan.error().ToString();
}

BOOST_AUTO_TEST_SUITE(plan_ids)

BOOST_AUTO_TEST_CASE(without_mappings_a_sandbox_gets_a_range_of_its_own) {
  BOOST_TEST(PlanOf(spec::Config()) == "ids: a range of its own, files idmapped  [default]\n");
}

spec::Config ForUser(spec::User user) {
  spec::Config config;
  config.process = spec::Process{.user = std::move(user)};
  return config;
}

// "0-65532 65534-65535 1000650000": the container's ids of `map`, in its order.
std::string IdsOf(const std::vector<abi::IdMapping>& map) {
  std::string text;
  for (const abi::IdMapping& line : map) {
    text += (text.empty() ? "" : " ") + std::to_string(line.container);
    if (line.count > 1) text += "-" + std::to_string(line.container + line.count - 1);
  }
  return text;
}

BOOST_AUTO_TEST_CASE(ids_of_the_process_beyond_the_range_stand_for_reserved_ones) {
  const auto plan = PlanIds(
      ForUser({.uid = 1000650000, .gid = 0, .additional_gids = {70000, 65536, 5, 70000}}), {});
  BOOST_REQUIRE(plan.has_value());
  BOOST_TEST(ToString(*plan) ==
             "ids: a range of its own, files idmapped  [default]\n"
             "uid 1000650000 is a reserved id of the range\n"
             "gid 65536 is a reserved id of the range\n"
             "gid 70000 is a reserved id of the range\n");
  const abi::IdMaps maps = MapsOnRange(*plan, 200000);
  BOOST_TEST(IdsOf(maps.uids) == "0-65532 65534-65535 1000650000");
  BOOST_TEST(IdsOf(maps.gids) == "0-65531 65534-65535 65536 70000");
  BOOST_TEST(abi::HostId(maps.uids, 1000650000) == 265533U);
  BOOST_TEST(abi::HostId(maps.uids, 65535) == 265535U);
  BOOST_TEST(abi::HostId(maps.gids, 70000) == 265533U);
}

BOOST_AUTO_TEST_CASE(a_range_without_far_ids_is_one_line) {
  const auto plan = PlanIds(ForUser({.uid = 65535}), {});
  BOOST_REQUIRE(plan.has_value());
  BOOST_TEST(IdsOf(MapsOnRange(*plan, 200000).uids) == "0-65535");
}

BOOST_AUTO_TEST_CASE(more_far_groups_than_are_reserved_are_refused) {
  std::vector<std::uint32_t> many;
  for (std::uint32_t id = 70000; id < 70535; ++id)
    many.push_back(id);
  BOOST_TEST(PlanOf(ForUser({.additional_gids = many})) ==
             "process.user.additionalGids: expected at most 534 ids from 65536 on");
}

BOOST_AUTO_TEST_CASE(given_mappings_are_used_and_files_carry_them_already) {
  const std::vector<abi::IdMapping> map = {{0, 100000, 65536}};
  BOOST_TEST(PlanOf(Mapping(map, map)) ==
             "ids: as given  [linux.uidMappings]\n"
             "uid 0 is 100000, 65536 ids\n"
             "gid 0 is 100000, 65536 ids\n");
}

BOOST_AUTO_TEST_CASE(root_of_the_host_is_never_mapped) {
  BOOST_TEST(PlanOf(Mapping({{0, 0, 1}}, {{0, 1, 1}})) ==
             "linux.uidMappings[0].hostID: 0 is root of the host, which is never mapped");
  // Inside a user namespace 0 is that namespace's root.
  const HostFacts nested = {.in_initial_user_namespace = false};
  BOOST_TEST(PlanIds(Mapping({{0, 0, 1}}, {{0, 0, 1}}), nested).has_value());
}

BOOST_AUTO_TEST_CASE(mappings_that_the_kernel_would_refuse_are_named) {
  const std::vector<abi::IdMapping> good = {{0, 1000, 10}};
  BOOST_TEST(PlanOf(Mapping({{0, 1000, 0}}, good)) ==
             "linux.uidMappings[0].size: expected more than 0");
  BOOST_TEST(PlanOf(Mapping(good, {{0, 4294967290U, 10}})) ==
             "linux.gidMappings[0]: the range passes the last id");
  BOOST_TEST(PlanOf(Mapping({{0, 1000, 10}, {5, 5000, 10}}, good)) ==
             "linux.uidMappings[1]: overlaps an earlier range");
  BOOST_TEST(PlanOf(Mapping({{0, 1000, 10}, {50, 1005, 10}}, good)) ==
             "linux.uidMappings[1]: overlaps an earlier range");
  BOOST_TEST(PlanOf(Mapping(good, {})) ==
             "linux.gidMappings: missing, while linux.uidMappings is there");
}

BOOST_AUTO_TEST_CASE(a_user_namespace_without_a_root_maps_its_user_to_root) {
  const HostFacts rootless = {.euid = 1000,
                              .egid = 100,
                              .in_initial_user_namespace = false,
                              .own_maps = {{{1000, 1000, 1}, {100000, 100000, 65536}},
                                           {{100, 100, 1}, {200000, 200000, 65536}}}};
  BOOST_TEST(PlanOf(spec::Config(), rootless) ==
             "ids: those of the runtime's user namespace  [default]\n"
             "uid 0 is 1000, 1 ids\n"
             "uid 1 is 100000, 65536 ids\n"
             "gid 0 is 100, 1 ids\n"
             "gid 1 is 200000, 65536 ids\n");
}

BOOST_AUTO_TEST_CASE(a_user_namespace_with_a_root_is_inherited_as_numbered) {
  const HostFacts podman = {.euid = 0,
                            .in_initial_user_namespace = false,
                            .own_maps = {{{0, 1000, 1}, {1, 100000, 65536}}, {{0, 1000, 1}}}};
  BOOST_TEST(PlanOf(spec::Config(), podman) ==
             "ids: those of the runtime's user namespace  [default]\n"
             "uid 0 is 0, 1 ids\n"
             "uid 1 is 1, 65536 ids\n"
             "gid 0 is 0, 1 ids\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
