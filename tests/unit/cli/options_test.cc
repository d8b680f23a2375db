#include "cli/options.h"

#include <array>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"bundle", 'b', "DIR", ""},
    Option{"detach", 'd', "", ""},
    Option{"tty", 't', "", ""},
    Option{"env", 'e', "NAME=VALUE", ""},
    Option{"format", 'f', "text|json", ""},
    Option{"rootless", 0, "[auto|true|false]", ""},
    Option{"preserve-fds", 0, "N", ""},
};

Result<Arguments> Parse(const std::vector<std::string>& words, Order order = Order::kAnywhere) {
  return Arguments::Parse(kOptions, words, order);
}

std::string ErrorOf(const std::vector<std::string>& words) {
  const auto arguments = Parse(words);
  return arguments ? "" : arguments.error().ToString();
}

using Words = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(values_are_separate_joined_by_equals_or_after_the_letter) {
  for (const Words& words : {Words{"--bundle", "/b"}, {"--bundle=/b"}, {"-b", "/b"}, {"-b/b"}}) {
    BOOST_TEST(Parse(words)->Value("bundle").value() == "/b");
  }
  BOOST_TEST(Parse({"--bundle="})->Value("bundle").value() == "");
  BOOST_TEST(Parse({"--env", "A=b=c"})->Value("env").value() == "A=b=c");
  BOOST_TEST(Parse({"--preserve-fds", "-1"})->Value("preserve-fds").value() == "-1");
}

BOOST_AUTO_TEST_CASE(flags_go_together_and_can_be_switched_off) {
  const auto both = Parse({"-dt"});
  BOOST_TEST((both->Has("detach") && both->Has("tty")));
  BOOST_TEST(Parse({"-db/b"})->Value("bundle").value() == "/b");
  BOOST_TEST(!Parse({"--detach=false"})->Has("detach"));
  BOOST_TEST(Parse({"--detach=true"})->Has("detach"));
  BOOST_TEST(!Parse({})->Has("detach"));
}

BOOST_AUTO_TEST_CASE(the_last_value_counts_and_all_can_be_had) {
  const auto arguments = Parse({"-e", "A=1", "-e", "B=2"});
  BOOST_TEST(arguments->Value("env").value() == "B=2");
  BOOST_TEST((arguments->Values("env") == Words{"A=1", "B=2"}));
}

BOOST_AUTO_TEST_CASE(options_may_follow_words_where_the_command_allows_it) {
  const auto anywhere = Parse({"c1", "-d", "KILL"});
  BOOST_TEST((anywhere->Words() == Words{"c1", "KILL"}));
  BOOST_TEST(anywhere->Has("detach"));
  const auto first = Parse({"-t", "c1", "ls", "-d"}, Order::kOptionsFirst);
  BOOST_TEST((first->Words() == Words{"c1", "ls", "-d"}));
  BOOST_TEST(!first->Has("detach"));
}

BOOST_AUTO_TEST_CASE(two_dashes_end_the_options_and_one_is_a_word) {
  BOOST_TEST((Parse({"-d", "--", "-x", "--y"})->Words() == Words{"-x", "--y"}));
  BOOST_TEST((Parse({"-"})->Words() == Words{"-"}));
}

BOOST_AUTO_TEST_CASE(a_value_that_may_be_left_out_is_taken_only_if_it_is_one) {
  BOOST_TEST(Parse({"--rootless", "true", "x"})->Value("rootless").value() == "true");
  const auto without = Parse({"--rootless", "create"});
  BOOST_TEST(without->Value("rootless").value() == "");
  BOOST_TEST((without->Words() == Words{"create"}));
}

BOOST_AUTO_TEST_CASE(numbers_are_whole_or_nothing) {
  BOOST_TEST(Parse({"--preserve-fds", "3"})->Number<unsigned>("preserve-fds").value().value() == 3);
  BOOST_TEST(!Parse({})->Number<unsigned>("preserve-fds").value().has_value());
  for (const char* text : {"", "x", "3x", "-1", " 3", "99999999999"}) {
    BOOST_TEST(!Parse({"--preserve-fds", text})->Number<unsigned>("preserve-fds").has_value());
  }
}

BOOST_AUTO_TEST_CASE(sizes_are_bytes_or_have_a_unit) {
  const auto size = [](const std::string& text) {
    return Parse({"--preserve-fds", text})->Size("preserve-fds");
  };
  BOOST_TEST(size("0").value().value() == 0);
  BOOST_TEST(size("64").value().value() == 64);
  BOOST_TEST(size("64b").value().value() == 64);
  BOOST_TEST(size("3k").value().value() == 3072);
  BOOST_TEST(size("2GB").value().value() == std::int64_t{2} << 30);
  BOOST_TEST(size("-1").value().value() == -1);
  BOOST_TEST(!Parse({})->Size("preserve-fds").value().has_value());
  for (const char* text :
       {"", "k", "-2", "-1k", "1.5g", "lots", "9223372036854775808", "9999999t"}) {
    BOOST_TEST(!size(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(errors_name_the_option_and_what_was_perhaps_meant) {
  BOOST_TEST(ErrorOf({"--bundel"}) == "unknown option --bundel: did you mean --bundle?");
  BOOST_TEST(ErrorOf({"--zzz=1"}) == "unknown option --zzz: --help lists them");
  BOOST_TEST(ErrorOf({"-dx"}) == "unknown option -x: --help lists them");
  BOOST_TEST(ErrorOf({"--bundle"}) == "--bundle needs a value: DIR");
  BOOST_TEST(ErrorOf({"-f", "xml"}) == "--format: \"xml\" is none of: text, json");
  BOOST_TEST(ErrorOf({"--detach=maybe"}) == "--detach: \"maybe\" is none of: true, false");
  BOOST_TEST(ErrorOf({"--bun", "x"}) == "unknown option --bun: --help lists them");
  BOOST_TEST((Parse({"--zzz"}).error().Kind() == ErrorKind::kUsage));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::cli
