#include "json/value.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::json {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto value = Parse(text);
  if (value) return "no error";
  return value.error().Kind() == ErrorKind::kInvalidSpec ? value.error().ToString() : "wrong kind";
}

BOOST_AUTO_TEST_SUITE(json_value)

BOOST_AUTO_TEST_CASE(a_value_keeps_the_order_of_keys_and_the_digits_of_numbers) {
  const auto value =
      Parse(R"({"b": [1, 18446744073709551615, 1.50], "a": {"c": null, "d": true}})");
  BOOST_REQUIRE(value);
  BOOST_TEST((value->keys == std::vector<std::string>{"b", "a"}));
  BOOST_TEST(value->items[0].items[1].text == "18446744073709551615");
  BOOST_TEST(value->items[0].items[2].text == "1.50");
  BOOST_TEST((value->items[1].items[0].type == Type::kNull));
  BOOST_TEST(value->items[1].items[1].boolean);
}

BOOST_AUTO_TEST_CASE(strings_are_unescaped) {
  const auto value = Parse(R"(["aA\n\"\u00e4\ud83d\ude00", ""])");
  BOOST_REQUIRE(value);
  BOOST_TEST(value->items[0].text == "aA\n\"\xc3\xa4\xf0\x9f\x98\x80");
  BOOST_TEST(value->items[1].text == "");
}

BOOST_AUTO_TEST_CASE(a_duplicate_key_is_refused_with_its_path) {
  BOOST_TEST(ErrorOf(R"({"a": 1, "a": 1})") == "a: the key is there twice");
  BOOST_TEST(ErrorOf(R"({"p": [{}, {"u": {"x": {"uid": 1, "gid": 2, "uid": 0}}}]})") ==
             "p[1].u.x.uid: the key is there twice");
  // Written differently, but the same key.
  BOOST_TEST(ErrorOf(R"({"uid": 1, "\u0075id": 0})") == "uid: the key is there twice");
  BOOST_TEST(ErrorOf(R"([{"a": 1}, {"a": 1}])") == "no error");
}

BOOST_AUTO_TEST_CASE(a_string_with_a_nul_is_refused_with_its_path) {
  BOOST_TEST(ErrorOf(R"({"process": {"args": ["sh", "a\u0000b"]}})") ==
             "process.args[1]: the string has a NUL in it");
  BOOST_TEST(ErrorOf(R"({"a": {"b\u0000": 1}})") == "a: a key has a NUL in it");
  BOOST_TEST(ErrorOf(R"("\u0000")") == "the string has a NUL in it");
}

BOOST_AUTO_TEST_CASE(the_depth_is_bounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  BOOST_TEST(ErrorOf(nested(kMaximumDepth)) == "no error");
  BOOST_TEST(ErrorOf(nested(kMaximumDepth + 1)) == "lists and objects are nested too deeply");
  BOOST_TEST(ErrorOf(std::string(1000000, '[')) == "lists and objects are nested too deeply");
}

BOOST_AUTO_TEST_CASE(the_size_is_bounded) {
  BOOST_TEST(ErrorOf(std::string(kMaximumSize + 1, ' ')) == "larger than 8 MiB");
}

BOOST_AUTO_TEST_CASE(a_syntax_error_has_its_line_and_column) {
  BOOST_TEST(ErrorOf("{\n  \"a\": 1,\n  b\n}") ==
             "line 3, column 3: lexical error: invalid char in json text");
  BOOST_TEST(ErrorOf("{\"a\" 1}") ==
             "line 1, column 6: parse error: object key and value must be separated by a colon "
             "(':')");
  BOOST_TEST(ErrorOf("") == "line 1, column 1: parse error: premature EOF");
  BOOST_TEST(ErrorOf("{\"a\": [1, 2") == "line 1, column 11: parse error: premature EOF");
  BOOST_TEST(ErrorOf("{\"a\": 1,}").starts_with("line 1, column 9: parse error: "));
  BOOST_TEST(ErrorOf("{} {}").starts_with("line 1, column "));
  BOOST_TEST(ErrorOf("{} // comment").starts_with("line 1, column "));
}

BOOST_AUTO_TEST_CASE(what_is_no_json_is_refused) {
  for (const std::string_view text : {"nul",
                                      "tru",
                                      "'a'",
                                      "01",
                                      "+1",
                                      ".5",
                                      "1.",
                                      "0x10",
                                      "NaN",
                                      "[1,]",
                                      "[,1]",
                                      "{a:1}",
                                      "{1:1}",
                                      "\"a\nb\"",
                                      "\"\\x41\""}) {
    BOOST_TEST(ErrorOf(text).starts_with("line "), text);
  }
  BOOST_TEST(ErrorOf(std::string_view("{}\0{}", 5)).starts_with("line 1"));
  BOOST_TEST(ErrorOf("[\"\xff\"]") ==
             "line 1, column 3: lexical error: invalid bytes in UTF8 string");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_no_name_is_quoted_in_a_path) {
  BOOST_TEST(JoinPath("annotations", "org.x/y") == "annotations.org.x/y");
  BOOST_TEST(JoinPath("annotations", "a b\n") == "annotations[\"a b\\x0a\"]");
  BOOST_TEST(JoinPath("annotations", "") == "annotations[\"\"]");
  BOOST_TEST(JoinPath("mounts", 3) == "mounts[3]");
  BOOST_TEST(JoinPath("", "root") == "root");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::json
