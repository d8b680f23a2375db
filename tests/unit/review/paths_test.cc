// Paths as they are typed, in the tree that a review is about.
#include "review/paths.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::review {
namespace {

std::string In(const std::string& source, const std::string& cwd, const std::string& given) {
  return PathInTree(source, cwd, given).value_or("elsewhere");
}

BOOST_AUTO_TEST_SUITE(review_paths)

BOOST_AUTO_TEST_CASE(a_path_is_of_the_directory_it_is_typed_in) {
  BOOST_TEST(In("/srv/tree", "/srv/tree", "a/b") == "a/b");
  BOOST_TEST(In("/srv/tree", "/srv/tree/a", "b") == "a/b");
  BOOST_TEST(In("/srv/tree", "/srv/tree/a", "../b/./c/") == "b/c");
  BOOST_TEST(In("/srv/tree", "/srv", "tree/a") == "a");
  BOOST_TEST(In("/srv/tree", "/", "/srv/tree/a") == "a");
  BOOST_TEST(In("/", "/etc", "hosts") == "etc/hosts");
}

BOOST_AUTO_TEST_CASE(the_tree_itself_and_what_is_above_it_are_all_of_it) {
  BOOST_TEST(In("/srv/tree", "/srv/tree", ".") == ".");
  BOOST_TEST(In("/srv/tree", "/srv/tree/a", "..") == ".");
  BOOST_TEST(In("/srv/tree", "/", "/srv") == ".");
  BOOST_TEST(In("/srv/tree", "/", "/") == ".");
}

BOOST_AUTO_TEST_CASE(other_paths_are_elsewhere) {
  BOOST_TEST(In("/srv/tree", "/srv/tree", "../treetop") == "elsewhere");
  BOOST_TEST(In("/srv/tree", "/srv/tree", "/etc") == "elsewhere");
  BOOST_TEST(In("/srv/tree", "/srv/tree", "../../../../etc") == "elsewhere");
}

BOOST_AUTO_TEST_CASE(below_ends_at_a_slash_and_all_is_below_the_top) {
  BOOST_TEST(IsBelow("a/b", "a"));
  BOOST_TEST(!IsBelow("ab", "a"));
  BOOST_TEST(!IsBelow("a", "a"));
  BOOST_TEST(IsAtOrBelow("a", "a"));
  BOOST_TEST(!IsAtOrBelow("a", "a/b"));
  BOOST_TEST(IsBelow("a", "."));
  BOOST_TEST(!IsBelow(".", "."));
  BOOST_TEST(!IsAtOrBelow(".", "a"));
}

BOOST_AUTO_TEST_CASE(a_path_is_its_directory_and_its_name) {
  BOOST_TEST(ParentOf("a/b/c") == "a/b");
  BOOST_TEST(NameOf("a/b/c") == "c");
  BOOST_TEST(ParentOf("a") == ".");
  BOOST_TEST(NameOf("a") == "a");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
