#include "review/quoting.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::review {
namespace {

BOOST_AUTO_TEST_SUITE(quoting)

BOOST_AUTO_TEST_CASE(plain_names_stay_as_they_are) {
  BOOST_TEST(QuotedName("src/main.cc") == "src/main.cc");
  BOOST_TEST(QuotedName("a b") == "a b");
  BOOST_TEST(QuotedName("größe/名前/🦀") == "größe/名前/🦀");
}

BOOST_AUTO_TEST_CASE(other_names_are_quoted_as_git_does) {
  BOOST_TEST(QuotedName("a\nb") == R"("a\nb")");
  BOOST_TEST(QuotedName("\a\b\t\v\f\r") == R"("\a\b\t\v\f\r")");
  BOOST_TEST(QuotedName(R"(say "a\b")") == R"("say \"a\\b\"")");
  BOOST_TEST(QuotedName("\x1b[31m") == R"("\033[31m")");
  BOOST_TEST(QuotedName("\x7f") == R"("\177")");
  BOOST_TEST(QuotedName("a\xff") == R"("a\377")");
}

BOOST_AUTO_TEST_CASE(a_word_has_no_blank_outside_of_quotes) {
  BOOST_TEST(QuotedWord("a b") == R"("a b")");
  BOOST_TEST(QuotedWord("ab") == "ab");
}

BOOST_AUTO_TEST_CASE(no_character_reaches_a_terminal_that_controls_it) {
  // CSI of C1, by which some terminals take orders, in UTF-8 and as a byte.
  BOOST_TEST(QuotedName("\xc2\x9b"
                        "31m") == R"("\302\23331m")");
  BOOST_TEST(QuotedName("\x9b"
                        "31m") == R"("\23331m")");
  // RIGHT-TO-LEFT OVERRIDE: "gpj.exe" is shown as "exe.jpg".
  BOOST_TEST(QuotedName("a\u202egpj") == R"("a\342\200\256gpj")");
  BOOST_TEST(QuotedName("a\u2066") == R"("a\342\201\246")");
  // An overlong newline, and a sequence that is cut off.
  BOOST_TEST(QuotedName("\xc0\x8a") == R"("\300\212")");
  BOOST_TEST(QuotedName("\xe5\x90") == R"("\345\220")");
}

BOOST_AUTO_TEST_CASE(contents_are_made_visible_but_for_tabs) {
  BOOST_TEST(Visible("\tint größe;") == "\tint größe;");
  BOOST_TEST(Visible("\x1b]0;title\x07\r") == R"(\x1b]0;title\x07\x0d)");
  BOOST_TEST(Visible(std::string_view("a\0b", 3)) == R"(a\x00b)");
  BOOST_TEST(Visible("\xc2\x9b") == R"(\xc2\x9b)");
  BOOST_TEST(Visible(R"("\)") == R"("\)");
}

BOOST_AUTO_TEST_CASE(json_keeps_its_meaning) {
  BOOST_TEST(VisibleJson("{\"a\":\"\xc2\x9b\u202e größe\"}") == R"({"a":"\u009b\u202e größe"})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
