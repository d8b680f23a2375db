#include "toml/edit.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::toml {
namespace {

std::string Text(const Result<std::string>& text) {
  return text ? *text : text.error().ToString();
}

BOOST_AUTO_TEST_SUITE(toml_edit)

BOOST_AUTO_TEST_CASE(a_new_table_is_the_last_after_an_empty_line) {
  BOOST_TEST(Text(AddToTable("a = 1 # one\n", {"b", "c.d"}, {"e = 2"})) ==
             "a = 1 # one\n\n[b.\"c.d\"]\ne = 2\n");
  BOOST_TEST(Text(AddToTable("", {"b"}, {"e = 2"})) == "[b]\ne = 2\n");
}

BOOST_AUTO_TEST_CASE(the_last_line_is_closed_before) {
  BOOST_TEST(Text(AddToTable("a = 1", {"b"}, {"e = 2"})) == "a = 1\n\n[b]\ne = 2\n");
}

BOOST_AUTO_TEST_CASE(the_ends_of_lines_are_those_of_the_text) {
  BOOST_TEST(Text(AddToTable("a = 1\r\n", {"b"}, {"e = 2"})) == "a = 1\r\n\r\n[b]\r\ne = 2\r\n");
}

BOOST_AUTO_TEST_CASE(a_table_that_is_there_gets_a_further_entry_behind_its_last) {
  BOOST_TEST(Text(AddToTable("[a]\nb = 1\n\n# of c\n[c]\nd = 1\n", {"a"}, {"e = 2"})) ==
             "[a]\nb = 1\ne = 2\n\n# of c\n[c]\nd = 1\n");
  BOOST_TEST(Text(AddToTable("[a]", {"a"}, {"e = 2"})) == "[a]\ne = 2\n");
  BOOST_TEST(Text(AddToTable("[a]\n[c]\n", {"a"}, {"e = 2"})) == "[a]\ne = 2\n[c]\n");
}

BOOST_AUTO_TEST_CASE(nothing_is_added_below_a_value) {
  BOOST_TEST(Text(AddToTable("a = { b = 1 }\n", {"a", "c"}, {"e = 2"})) ==
             "a is a value, to which no table can be added");
}

BOOST_AUTO_TEST_CASE(a_table_goes_with_those_below_it_and_leaves_the_others) {
  const std::string text =
      "a = 1\n\n[x.agentbox]\n  b = [\n 1 ]\n  [x.agentbox.options]\n    c = 1\n\n# of y\n[y]\nd = "
      "1\n";
  BOOST_TEST(Text(Remove(text, {"x", "agentbox"})) == "a = 1\n\n# of y\n[y]\nd = 1\n");
  BOOST_TEST(Text(Remove(text, {"x", "agent"})) == text);
}

BOOST_AUTO_TEST_CASE(entries_with_dots_go_too) {
  BOOST_TEST(Text(Remove("[x]\nagentbox.b = 1\nother.b = 1\nagentbox.c = '''\n'''\n",
                         {"x", "agentbox"})) == "[x]\nother.b = 1\n");
}

BOOST_AUTO_TEST_CASE(removing_is_the_reverse_of_adding) {
  for (const std::string text : {"a = 1\n", "a = 1\r\n", "[x]\n# c\n\n\n", "[b]\nc = 1\n"}) {
    const std::string longer = Text(AddToTable(text, {"x", "y"}, {"e = 2", "f = 3"}));
    BOOST_TEST(longer != text);
    BOOST_TEST(Text(Remove(longer, {"x", "y"})) == text);
  }
}

BOOST_AUTO_TEST_CASE(a_part_of_an_inline_table_has_to_be_removed_by_hand) {
  BOOST_TEST(Text(Remove("[x]\ny = { agentbox = 1 }\n", {"x", "y", "agentbox"}))
                 .starts_with("x.y.agentbox is in the inline table x.y,"));
  BOOST_TEST(Text(Remove("[x]\ny = { other = 1 }\n", {"x", "y", "agentbox"})) ==
             "[x]\ny = { other = 1 }\n");
}

BOOST_AUTO_TEST_CASE(a_value_is_replaced_where_it_stands) {
  const std::string text = "a = { b = 'x' } # c\n";
  const auto document = Read(text);
  BOOST_TEST_REQUIRE(document.has_value());
  BOOST_TEST(Replace(text, *document->Find({"a", "b"}), "\"longer\"") ==
             "a = { b = \"longer\" } # c\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::toml
