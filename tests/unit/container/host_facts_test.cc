#include "container/host_facts.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

BOOST_AUTO_TEST_SUITE(host_facts)

BOOST_AUTO_TEST_CASE(an_id_map_is_read_with_the_kernels_padding) {
  const auto map =
      ReadIdMap("         0       1000          1\n         1     100000      65536\n");
  BOOST_REQUIRE(map.has_value());
  BOOST_TEST((*map == std::vector<abi::IdMapping>{{0, 1000, 1}, {1, 100000, 65536}}));
  BOOST_TEST(!ReadIdMap("0 1000\n").has_value());
  BOOST_TEST(!ReadIdMap("0 -1 1\n").has_value());
}

BOOST_AUTO_TEST_CASE(this_machine_has_facts) {
  const auto facts = GatherHostFacts();
  BOOST_REQUIRE(facts.has_value());
  BOOST_TEST(facts->kernel_major >= 5);
  BOOST_TEST(!facts->architecture.empty());
  BOOST_TEST(facts->last_capability >= 40);
  BOOST_TEST(!facts->own_maps.IsEmpty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
