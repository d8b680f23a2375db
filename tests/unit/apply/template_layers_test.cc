#include "apply/template_layers.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::apply {
namespace {

using Map = std::vector<abi::IdMapping>;

BOOST_AUTO_TEST_SUITE(template_layers)

BOOST_AUTO_TEST_CASE(one_range_appears_as_another) {
  BOOST_TEST(
      (IdsBetween({{0, 1000000, 65536}}, {{0, 2000000, 65536}}) == Map{{1000000, 2000000, 65536}}));
}

BOOST_AUTO_TEST_CASE(ids_are_found_by_what_they_are_in_the_container) {
  // As MapsOfUser makes them: the user's own number in the middle.
  const Map from = {{1000, 1000, 1}, {0, 100000, 1000}, {1001, 101000, 10}};
  const Map to = {{0, 500000, 65536}};
  BOOST_TEST((IdsBetween(from, to) ==
              Map{{1000, 501000, 1}, {100000, 500000, 1000}, {101000, 501001, 10}}));
}

BOOST_AUTO_TEST_CASE(what_one_side_does_not_have_is_left_out) {
  BOOST_TEST((IdsBetween({{0, 10, 5}}, {{3, 20, 5}}) == Map{{13, 20, 2}}));
  BOOST_TEST(IdsBetween({{0, 10, 5}}, {{5, 20, 5}}).empty());
  BOOST_TEST(IdsBetween({}, {{0, 20, 5}}).empty());
}

BOOST_AUTO_TEST_CASE(the_highest_ids_do_not_wrap_around) {
  BOOST_TEST((IdsBetween({{0xfffffff0, 100, 15}}, {{0, 200, 0xffffffff}}) ==
              Map{{100, 200U + 0xfffffff0U, 15}}));
}

BOOST_AUTO_TEST_CASE(marks_must_be_of_the_kind_that_is_read) {
  const std::vector<plan::TemplateLayer> by_root = {{.name = "dev"}};
  BOOST_TEST(CheckTemplateMarks(by_root, false).has_value());
  BOOST_TEST(CheckTemplateMarks(by_root, true).error().ToString() ==
             "template \"dev\" was made by root, and what it has removed would be seen here: make "
             "it anew");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::apply
