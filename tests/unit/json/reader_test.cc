#include "json/reader.h"

#include <cstdint>

#include <boost/test/unit_test.hpp>

#include "base/strings.h"

namespace agentbox::json {
namespace {

// What reading `text` with `read` comes to: "" or the error, and the keys nobody asked for.
template <typename Read>
std::string ErrorOf(std::string_view text, Read read) {
  std::vector<std::string> unknown;
  const auto result = ReadText(text, unknown, read);
  if (result) return "no error";
  return result.error().Kind() == ErrorKind::kInvalidSpec ? result.error().ToString()
                                                          : "wrong kind";
}

template <typename T>
std::string ErrorOfA(std::string_view value) {
  const std::string text = "{\"a\": " + std::string(value) + "}";
  return ErrorOf(text, [](const Reader& object) { return object.Required<T>("a"); });
}

template <typename T>
T ValueOfA(std::string_view value) {
  std::vector<std::string> unknown;
  const std::string text = "{\"a\": " + std::string(value) + "}";
  const auto result =
      ReadText(text, unknown, [](const Reader& object) { return object.Required<T>("a"); });
  BOOST_REQUIRE(result);
  return *result;
}

BOOST_AUTO_TEST_SUITE(json_reader)

BOOST_AUTO_TEST_CASE(integers_are_read_to_the_limits_of_their_type) {
  BOOST_TEST(ValueOfA<std::uint64_t>("18446744073709551615") == UINT64_MAX);
  BOOST_TEST(ValueOfA<std::int64_t>("-9223372036854775808") == INT64_MIN);
  BOOST_TEST(ValueOfA<std::uint32_t>("4294967295") == UINT32_MAX);
  BOOST_TEST(ValueOfA<std::int32_t>("-2147483648") == INT32_MIN);
  BOOST_TEST(ValueOfA<std::uint16_t>("65535") == UINT16_MAX);
}

BOOST_AUTO_TEST_CASE(a_number_out_of_range_names_the_range) {
  BOOST_TEST(ErrorOfA<std::uint32_t>("4294967296") ==
             "a: expected an unsigned integer from 0 to 4294967295, found the number 4294967296");
  BOOST_TEST(ErrorOfA<std::uint32_t>("-1") ==
             "a: expected an unsigned integer from 0 to 4294967295, found the number -1");
  BOOST_TEST(ErrorOfA<std::uint64_t>("18446744073709551616") ==
             "a: expected an unsigned integer from 0 to 18446744073709551615, found the number "
             "18446744073709551616");
  BOOST_TEST(ErrorOfA<std::int32_t>("2147483648") ==
             "a: expected an integer from -2147483648 to 2147483647, found the number 2147483648");
  BOOST_TEST(ErrorOfA<std::uint16_t>("65536") ==
             "a: expected an unsigned integer from 0 to 65535, found the number 65536");
}

BOOST_AUTO_TEST_CASE(a_fraction_is_no_integer_even_if_its_value_is_one) {
  for (const std::string_view number : {"1.0e3", "1e3", "1.0", "1E0", "0.5"}) {
    BOOST_TEST(ErrorOfA<std::uint32_t>(number) ==
               "a: expected an unsigned integer, found the number " + std::string(number));
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_type_names_what_was_expected_and_what_was_found) {
  BOOST_TEST(ErrorOfA<std::uint32_t>("\"1000\"") ==
             "a: expected an unsigned integer, found the string \"1000\"");
  BOOST_TEST(ErrorOfA<std::int64_t>("true") == "a: expected an integer, found true");
  BOOST_TEST(ErrorOfA<bool>("0") == "a: expected true or false, found the number 0");
  BOOST_TEST(ErrorOfA<bool>("\"true\"") == "a: expected true or false, found the string \"true\"");
  BOOST_TEST(ErrorOfA<std::string>("1") == "a: expected a string, found the number 1");
  BOOST_TEST(ErrorOfA<std::string>("[]") == "a: expected a string, found a list");
  BOOST_TEST(ErrorOfA<std::string>("{}") == "a: expected a string, found an object");
}

BOOST_AUTO_TEST_CASE(a_long_string_is_cut_in_a_message) {
  BOOST_TEST(ErrorOfA<bool>('"' + std::string(100, 'x') + '"') ==
             "a: expected true or false, found the string \"" + std::string(60, 'x') + "\"...");
}

BOOST_AUTO_TEST_CASE(null_counts_as_absent) {
  BOOST_TEST(ErrorOfA<std::string>("null") == "a: is required");
  const auto read = [](const Reader& object) { return object.Optional<std::uint32_t>("a"); };
  for (const std::string_view text : {R"({"a": null})", "{}"}) {
    std::vector<std::string> unknown;
    const auto result = ReadText(text, unknown, read);
    BOOST_REQUIRE(result);
    BOOST_TEST(!result->has_value());
  }
  BOOST_TEST(ErrorOf(R"({"a": null})", [](const Reader& object) {
               return object.OptionalList<std::string>("a");
             }) == "no error");
}

BOOST_AUTO_TEST_CASE(items_of_lists_and_maps_have_paths) {
  const auto list = [](const Reader& object) { return object.OptionalList<std::string>("a"); };
  BOOST_TEST(ErrorOf(R"({"a": ["x", 1]})", list) == "a[1]: expected a string, found the number 1");
  BOOST_TEST(ErrorOf(R"({"a": [null]})", list) == "a[0]: expected a string, found null");
  BOOST_TEST(ErrorOf(R"({"a": "x"})", list) == "a: expected a list, found the string \"x\"");
  const auto map = [](const Reader& object) { return object.OptionalMap<std::string>("a"); };
  BOOST_TEST(ErrorOf(R"({"a": {"k v": 1}})", map) ==
             "a[\"k v\"]: expected a string, found the number 1");
  BOOST_TEST(ErrorOf(R"({"a": []})", map) == "a: expected an object, found a list");
}

struct Point {
  std::int32_t x = 0;
};

Result<Point> ReadPoint(const Reader& object) {
  Point point;
  point.x = TRY(object.Required<std::int32_t>("x"));
  return point;
}

BOOST_AUTO_TEST_CASE(objects_within_objects_have_paths) {
  const auto one = [](const Reader& object) { return object.RequiredObject("p", ReadPoint); };
  BOOST_TEST(ErrorOf(R"({"p": {"x": "1"}})", one) ==
             "p.x: expected an integer, found the string \"1\"");
  BOOST_TEST(ErrorOf(R"({"p": {}})", one) == "p.x: is required");
  BOOST_TEST(ErrorOf(R"({})", one) == "p: is required");
  const auto list = [](const Reader& object) { return object.ObjectList("p", ReadPoint); };
  BOOST_TEST(ErrorOf(R"({"p": [{"x": 1}, 2]})", list) ==
             "p[1]: expected an object, found the number 2");
  const auto map = [](const Reader& object) { return object.ObjectMap("p", ReadPoint); };
  BOOST_TEST(ErrorOf(R"({"p": {"k": {"x": false}}})", map) ==
             "p.k.x: expected an integer, found false");
  BOOST_TEST(ErrorOf("[]", one) == "expected an object, found a list");
}

BOOST_AUTO_TEST_CASE(keys_that_nobody_asked_for_are_reported) {
  std::vector<std::string> unknown;
  const auto result =
      ReadText(R"({"z": 1, "p": [{"x": 1, "y": {"deep": 1}}], "n": null})",
               unknown,
               [](const Reader& object) { return object.ObjectList("p", ReadPoint); });
  BOOST_REQUIRE(result);
  BOOST_TEST(Join(unknown, " ") == "p[0].y z n");
}

constexpr Choice kChoice = {"a color", "red, green"};

BOOST_AUTO_TEST_CASE(a_choice_names_its_alternatives) {
  const auto read = [](const Reader& object) { return object.OptionalChoice("c", kChoice); };
  BOOST_TEST(ErrorOf(R"({"c": "green"})", read) == "no error");
  BOOST_TEST(ErrorOf(R"({})", read) == "no error");
  BOOST_TEST(ErrorOf(R"({"c": "blue"})", read) == "c: \"blue\" is not a color (red, green)");
  BOOST_TEST(ErrorOf(R"({"c": ""})", read) == "c: \"\" is not a color (red, green)");
  const auto list = [](const Reader& object) { return object.ChoiceList("c", kChoice); };
  BOOST_TEST(ErrorOf(R"({"c": ["red", "x"]})", list) == "c[1]: \"x\" is not a color (red, green)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::json
