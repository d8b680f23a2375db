#include "toml/document.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::toml {
namespace {

// "path=text" of each entry, with a comma behind; or the error.
std::string Entries(std::string_view text) {
  const auto document = Read(text);
  if (!document) return document.error().ToString();
  std::string entries;
  for (const Entry& entry : document->entries)
    entries += ToString(entry.path) + "=" + entry.value.text + ",";
  return entries;
}

// The text of the value of `a = VALUE`; or the error.
std::string ValueOf(std::string_view literal) {
  const auto document = Read("a = " + std::string(literal) + "\n");
  return document ? document->entries.at(0).value.text : document.error().ToString();
}

bool IsValid(std::string_view text) {
  return Read(text).has_value();
}

BOOST_AUTO_TEST_SUITE(toml_document)

BOOST_AUTO_TEST_CASE(entries_have_the_path_of_their_table) {
  BOOST_TEST(Entries("a = 1\nb.c = 2 # two\n[d.\"e.f\"]\n\n  'g h'.i = \"x\"\r\n[[j]]\nk=1\n[[j]]\n"
                     "k = 2\n[j.l]\nm=3") ==
             "a=1,b.c=2,d.\"e.f\".\"g h\".i=x,j.0.k=1,j.1.k=2,j.1.l.m=3,");
}

BOOST_AUTO_TEST_CASE(a_text_without_entries_is_one) {
  for (const char* text : {"", "\n", "# a comment", "  \r\n\t", "[a]", "\xef\xbb\xbf# bom\n"})
    BOOST_TEST(Entries(text) == "");
}

BOOST_AUTO_TEST_CASE(strings_of_all_four_kinds) {
  BOOST_TEST(ValueOf(R"("a\tb\"\\\u00e9\U0001F600")") == "a\tb\"\\\u00e9\U0001F600");
  BOOST_TEST(ValueOf(R"('C:\x')") == "C:\\x");
  BOOST_TEST(ValueOf("\"\"\"\na\\\n   b\n\"c\"\"\"\"") == "ab\n\"c\"");
  BOOST_TEST(ValueOf("'''\n'a'\r\nb'''") == "'a'\nb");
  BOOST_TEST(ValueOf("\"\"") == "");
}

BOOST_AUTO_TEST_CASE(numbers_times_and_booleans) {
  for (const char* valid : {"0",
                            "+99",
                            "-17",
                            "1_000",
                            "0xDEAD_beef",
                            "0o755",
                            "0b1101",
                            "1.0",
                            "-0.01",
                            "5e+22",
                            "6.626e-34",
                            "inf",
                            "-nan",
                            "true",
                            "false",
                            "1979-05-27T07:32:00Z",
                            "1979-05-27 07:32:00",
                            "1979-05-27T00:32:00.999-07:00",
                            "1979-05-27",
                            "07:32:00.5"}) {
    BOOST_TEST(ValueOf(valid) == valid);
  }
  for (const char* invalid : {"01",
                              "1__0",
                              "_1",
                              "1_",
                              "0x",
                              "+0x1",
                              ".5",
                              "5.",
                              "1e",
                              "True",
                              "on",
                              "1979-5-27",
                              "7:32",
                              "1979-05-27T",
                              "truefalse"}) {
    BOOST_TEST(ValueOf(invalid).starts_with("line 1, column 5: "), invalid);
  }
}

BOOST_AUTO_TEST_CASE(lists_go_over_lines_and_inline_tables_do_not) {
  BOOST_TEST(IsValid("a = [ # one\n 1,\n # two\n [\"x\"], {b = 1, c.d = []},\n]\n"));
  BOOST_TEST(IsValid("a = {}\nb = []\n"));
  BOOST_TEST(Entries("a = { b = 1,\n c = 2 }\n").starts_with("line 1, column 13: expected a key"));
  BOOST_TEST(Entries("a = [1 2]").starts_with("line 1, column 8: expected , or ]"));
  BOOST_TEST(Entries("a = [1").starts_with("line 1, column 7: expected , or ]"));
  BOOST_TEST(Entries("a = [" + std::string(100, '[')).find("nested too deeply") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(values_are_found_in_inline_tables_too) {
  const auto document = Read("[a]\nb = { c.d = \"x\", e = { f = \"y\" } }\n");
  BOOST_TEST_REQUIRE(document.has_value());
  BOOST_TEST(document->StringAt({"a", "b", "c", "d"}) == "x");
  BOOST_TEST(document->StringAt({"a", "b", "e", "f"}) == "y");
  BOOST_TEST(document->Find({"a", "b", "c", "e"}) == nullptr);
  BOOST_TEST(document->Find({"a"}) == nullptr);
  BOOST_TEST(document->Has({"a"}));
  BOOST_TEST(!document->Has({"b"}));
}

BOOST_AUTO_TEST_CASE(what_is_broken_is_told_with_its_place) {
  BOOST_TEST(Entries("a = 1\nb\n") == "line 2, column 2: expected = after a key");
  BOOST_TEST(Entries("a = \n") == "line 1, column 5: a value is missing");
  BOOST_TEST(Entries("a = \"x\n") == "line 1, column 5: a string that is not closed");
  BOOST_TEST(Entries("a = '''x\n") == "line 1, column 5: a string that is not closed");
  BOOST_TEST(Entries("a = 1 b = 2\n") == "line 1, column 7: expected the end of the line");
  BOOST_TEST(Entries("[a\nb = 1\n") == "line 1, column 3: expected ]");
  BOOST_TEST(Entries("[[a]\n") == "line 1, column 4: expected ]]");
  BOOST_TEST(Entries("= 1\n") == "line 1, column 1: expected a key");
  BOOST_TEST(Entries("a = \"\\q\"\n") == "line 1, column 7: no such escape in a string");
  BOOST_TEST(Entries("a = \"\\ud800\"\n") == "line 1, column 7: no such character");
  BOOST_TEST(Entries("a = \"\x01\"\n") == "line 1, column 6: a control character");
  BOOST_TEST(Entries("# \xff\n") == "line 1, column 3: not UTF-8");
  BOOST_TEST(Entries("a = 1\rb = 2") == "line 1, column 6: expected the end of the line");
}

BOOST_AUTO_TEST_CASE(nothing_is_defined_twice) {
  BOOST_TEST(Entries("a = 1\na = 2\n") == "line 2, column 1: a is there already");
  BOOST_TEST(Entries("[a]\n[b]\n[a]\n") == "line 3, column 1: a is there already");
  for (const char* text : {"a.b = 1\na = 2",
                           "a = 1\na.b = 2",
                           "[a]\nb = 1\n[a.b]",
                           "a = {b = 1}\n[a]",
                           "a = {b = 1}\na.c = 2",
                           "a = {b = 1, b = 2}",
                           "[a.b]\nc = 1\n[a]\nb.c = 1",
                           "[[a]]\n[a]",
                           "[a]\n[[a]]",
                           "a = []\n[[a]]",
                           "[a]\nb.c = 1\n[a.b]"}) {
    BOOST_TEST(!IsValid(text), text);
  }
  for (const char* text : {"[a.b]\n[a]",
                           "[a]\n[a.b]",
                           "a.b = 1\na.c = 2",
                           "[a]\nb.c = 1\n[a.b.d]",
                           "[[a]]\nb = 1\n[[a]]\nb = 1",
                           "a = [{b = 1}, {b = 1}]",
                           "[[a]]\n[a.b]\n[[a]]\n[a.b]"}) {
    BOOST_TEST(IsValid(text), text);
  }
}

BOOST_AUTO_TEST_CASE(keys_are_quoted_where_they_have_to_be) {
  BOOST_TEST(ToString({"a-1", "b.c", "", "d\"e"}) == "a-1.\"b.c\".\"\".\"d\\\"e\"");
  BOOST_TEST(Quote("a\\b\n\x7f") == "\"a\\\\b\\u000a\\u007f\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::toml
