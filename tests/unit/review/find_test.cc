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

BOOST_AUTO_TEST_CASE(of_several_one_is_to_be_named) {
  BOOST_TEST(Found("", "/home/ann/two/below") ==
             "several reviews are of \"/home/ann/two/below\": name one of b, c");
  BOOST_TEST(Found("", "/home/ann") == "several reviews are of \"/home/ann\": name one of a, b, c");
  BOOST_TEST((Find(kRecords, "", "/home").error().Kind() == ErrorKind::kUsage));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
