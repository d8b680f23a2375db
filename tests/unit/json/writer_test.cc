#include "json/writer.h"

#include <boost/test/unit_test.hpp>

#include "json/value.h"

namespace agentbox::json {
namespace {

std::string Sample(const std::string& indent) {
  Writer writer(indent);
  writer.BeginObject();
  writer.Member("id", "c1");
  writer.Member("pid", 42);
  writer.Member("limit", UINT64_MAX);
  writer.Member("ok", true);
  writer.Member("ratio", 0.25);
  writer.Member("none", nullptr);
  writer.Member("empty", std::vector<std::string>());
  writer.BeginList("list");
  writer.Item(-1);
  writer.BeginObject();
  writer.End();
  writer.End();
  writer.Member("map", std::map<std::string, std::string>{{"a", "b"}});
  writer.End();
  return std::move(writer).Take();
}

BOOST_AUTO_TEST_SUITE(json_writer)

BOOST_AUTO_TEST_CASE(compact_is_one_line_without_blanks) {
  BOOST_TEST(Sample("") ==
             R"({"id":"c1","pid":42,"limit":18446744073709551615,"ok":true,"ratio":0.25,)"
             R"("none":null,"empty":[],"list":[-1,{}],"map":{"a":"b"}})");
}

BOOST_AUTO_TEST_CASE(indented_is_as_go_indents) {
  BOOST_TEST(Sample("  ") ==
             "{\n  \"id\": \"c1\",\n  \"pid\": 42,\n  \"limit\": 18446744073709551615,\n"
             "  \"ok\": true,\n  \"ratio\": 0.25,\n  \"none\": null,\n  \"empty\": [],\n"
             "  \"list\": [\n    -1,\n    {}\n  ],\n  \"map\": {\n    \"a\": \"b\"\n  }\n}");
}

BOOST_AUTO_TEST_CASE(strings_come_back_as_they_were) {
  const std::string text = "quote\" back\\ nl\n tab\t esc\x1b del\x7f \xc3\xa4 \xf0\x9f\x98\x80";
  const auto value = Parse(QuoteJson(text));
  BOOST_REQUIRE(value);
  BOOST_TEST(value->text == text);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_become_replacement_characters) {
  BOOST_TEST(QuoteJson("a\xff") == "\"a\\ufffd\"");
  BOOST_TEST(QuoteJson("\xc0\x80") == "\"\\ufffd\\ufffd\"");             // overlong
  BOOST_TEST(QuoteJson("\xed\xa0\x80") == "\"\\ufffd\\ufffd\\ufffd\"");  // surrogate
  BOOST_TEST(QuoteJson("\xe2\x82") == "\"\\ufffd\\ufffd\"");             // cut off
  BOOST_TEST(QuoteJson(std::string_view("\0", 1)) == "\"\\u0000\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::json
