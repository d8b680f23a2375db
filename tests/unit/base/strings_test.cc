#include "base/strings.h"

#include <boost/test/unit_test.hpp>

namespace agentbox {
namespace {

BOOST_AUTO_TEST_SUITE(strings)

BOOST_AUTO_TEST_CASE(a_size_has_a_unit_of_1024) {
  BOOST_TEST(ParseSize("0").value() == 0);
  BOOST_TEST(ParseSize("12").value() == 12);
  BOOST_TEST(ParseSize("12b").value() == 12);
  BOOST_TEST(ParseSize("3k").value() == 3072);
  BOOST_TEST(ParseSize("4GB").value() == 4LL << 30U);
  BOOST_TEST(ParseSize("8191P").has_value() == false);
  for (const char* text : {"", "k", "b", "-1", "1.5g", " 1k", "1kk", "9000000t"})
    BOOST_TEST(!ParseSize(text), text);
}

BOOST_AUTO_TEST_CASE(the_text_of_a_size_is_read_as_that_size) {
  BOOST_TEST(SizeText(0) == "0");
  BOOST_TEST(SizeText(1000) == "1000");
  BOOST_TEST(SizeText(1U << 10U) == "1k");
  BOOST_TEST(SizeText(1536U << 10U) == "1536k");
  BOOST_TEST(SizeText(1ULL << 50U) == "1024t");
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{4096}, std::uint64_t{3} << 40U})
    BOOST_TEST(static_cast<std::uint64_t>(ParseSize(SizeText(size)).value()) == size);
}

BOOST_AUTO_TEST_CASE(bytes_are_two_digits_each) {
  BOOST_TEST(Hexadecimal(std::string_view("\0\x1f\xff", 3)) == "001fff");
  BOOST_TEST(Hexadecimal("").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox
