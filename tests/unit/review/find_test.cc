#include "review/find.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace agentbox::review {
namespace {

Record Of(const std::string& name, const std::string& source) {
  return {.name = name, .mounts = {{.destination = "/w", .source = source}}};
}

const std::vector<Record> kRecords = {
    Of("a", "/home/ann/one"), Of("b", "/home/ann/two"), Of("c", "/home/ann/two/below")};

std::string Found(const std::string& name, const std::string& cwd) {
  const auto found = Find(kRecords, name, cwd);
  return found ? found->name : found.error().ToString();
}

std::string Times4(const std::string& digits) {
  return digits + digits + digits + digits;
}

const std::string kFirstId = Times4("0123456789abcdef");
const std::string kSecondId = Times4("0123ffff0123ffff");
const std::string kThirdId = Times4("fedcba9876543210");

const std::vector<Record> kById = {{.name = "brave-otter", .container = "do-12-345"},
                                   {.name = "0123456789ab", .container = kFirstId},
                                   {.name = "0123ffff0123", .container = kSecondId},
                                   {.name = "fedcba987654", .container = kThirdId},
                                   {.name = "fedcba987654-2", .container = kThirdId},
                                   {.name = "web", .container = "other"},
                                   {.name = "web-2", .container = "web"}};

std::string FoundById(const std::string& id) {
  const auto found = Find(kById, id, "/");
  return found ? found->name : found.error().ToString();
}

BOOST_AUTO_TEST_SUITE(review_find)

BOOST_AUTO_TEST_CASE(a_name_is_enough) {
  BOOST_TEST(Found("b", "/elsewhere") == "b");
  BOOST_TEST(Found("d", "/home/ann/one") == "there is no review \"d\"");
}

BOOST_AUTO_TEST_CASE(without_a_name_it_is_the_only_one_of_the_directory) {
  BOOST_TEST(Found("", "/home/ann/one") == "a");
  BOOST_TEST(Found("", "/home/ann/one/src") == "a");
  BOOST_TEST(Found("", "/home/ann/two/other") == "b");
  BOOST_TEST(Found("", "/home/ann/oneself") == "nothing of \"/home/ann/oneself\" waits for review");
  BOOST_TEST((Find(kRecords, "", "/x").error().Kind() == ErrorKind::kNotFound));
}

BOOST_AUTO_TEST_CASE(of_several_the_nearest_is_meant) {
  BOOST_TEST(Found("", "/home/ann/two/below") == "c");
  BOOST_TEST(Found("", "/home/ann/two/below/it") == "c");
  BOOST_TEST(Found("", "/home/ann/two") == "b");
  const std::vector<Record> wide = {Of("home", "/home/ann"), Of("one", "/home/ann/src/one")};
  BOOST_TEST(Find(wide, "", "/home/ann/src/one/deep")->name == "one");
  BOOST_TEST(Find(wide, "", "/home/ann/other")->name == "home");
  BOOST_TEST(Find(wide, "", "/")->name == "home");
  BOOST_TEST(!Find(wide, "", "/home/ann/src").has_value());
}

BOOST_AUTO_TEST_CASE(of_several_as_near_one_is_to_be_named) {
  BOOST_TEST(Found("", "/home/ann") == "several reviews are of \"/home/ann\": name one of a, b, c");
  BOOST_TEST((Find(kRecords, "", "/home").error().Kind() == ErrorKind::kUsage));
}

BOOST_AUTO_TEST_CASE(the_id_of_its_container_is_as_good_as_its_name) {
  BOOST_TEST(FoundById("do-12-345") == "brave-otter");
  BOOST_TEST(FoundById(kFirstId) == "0123456789ab");
  BOOST_TEST(FoundById(kThirdId) == "several reviews are of \"" + kThirdId +
                                        "\": name one of fedcba987654, fedcba987654-2");
  // A name is meant first.
  BOOST_TEST(FoundById("fedcba987654") == "fedcba987654");
  BOOST_TEST(FoundById("web") == "web");
}

BOOST_AUTO_TEST_CASE(so_is_the_beginning_of_an_engines_id) {
  BOOST_TEST(FoundById("01234567") == "0123456789ab");
  BOOST_TEST(FoundById("0123456789abcdef0") == "0123456789ab");
  BOOST_TEST(FoundById("0123") ==
             "several reviews are of \"0123\": name one of 0123456789ab, 0123ffff0123");
  BOOST_TEST((Find(kById, "0123", "/").error().Kind() == ErrorKind::kUsage));
  for (const std::string& none : {std::string("012"), kFirstId + "0", std::string("1234")})
    BOOST_TEST(FoundById(none) == "there is no review \"" + none + "\"");
  // What else has an id is a word, which may be that of a path.
  BOOST_TEST(FoundById("do-1") == "there is no review \"do-1\"");
  BOOST_TEST(FoundById("").find("waits for review") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
