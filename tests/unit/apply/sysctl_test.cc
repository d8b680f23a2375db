#include "apply/sysctl.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::apply {
namespace {

std::string Mapped(const std::string& value) {
  return MappedGroupRange(value, {{0, 1000000, 1000}, {2000, 7, 1}});
}

BOOST_AUTO_TEST_SUITE(group_range)

BOOST_AUTO_TEST_CASE(groups_are_those_that_the_containers_are_outside) {
  BOOST_TEST(Mapped("0 0") == "1000000 1000000");
  BOOST_TEST(Mapped("5\t9") == "1000005 1000009");
  BOOST_TEST(Mapped("2000 2000") == "7 7");
}

BOOST_AUTO_TEST_CASE(a_range_ends_with_the_ids_that_are_mapped) {
  BOOST_TEST(Mapped("0 2147483647") == "1000000 1000999");
}

BOOST_AUTO_TEST_CASE(what_is_no_range_of_mapped_groups_is_left_to_the_kernel) {
  for (const char* const value : {"1 0", "x", "1500 1600", "0", "0 x", ""}) {
    BOOST_TEST(Mapped(value) == value);
  }
  BOOST_TEST(MappedGroupRange("0 5", {}) == "0 5");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::apply
