#include "launch/reentry.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::launch {
namespace {

BOOST_AUTO_TEST_SUITE(subordinate_ids)

BOOST_AUTO_TEST_CASE(ranges_are_found_by_name_and_by_number_in_their_order) {
  const auto ranges = SubordinateIds("other:1:2\nann:100000:65536\n1000:300000:10\n", "ann", 1000);
  const std::vector<abi::IdMapping> expected = {{0, 100000, 65536}, {0, 300000, 10}};
  BOOST_TEST((ranges == expected));
}

BOOST_AUTO_TEST_CASE(malformed_lines_and_empty_ranges_give_nothing) {
  BOOST_TEST(SubordinateIds("ann:1\nann:x:5\nann:5:\nann:5:0\n:5:5\nann:-1:5\n", "ann", 7).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::launch
