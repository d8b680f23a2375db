#include "container/seen_inodes.h"

#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

using Paths = std::set<std::string>;

void Note(SeenInodes& seen, const std::string& path, ino_t inode) {
  const auto slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  seen.Note({.path = path, .name = name, .inode = inode});
}

BOOST_AUTO_TEST_SUITE(seen_inodes)

BOOST_AUTO_TEST_CASE(the_directories_of_an_inode_are_found_each_once) {
  SeenInodes seen;
  Note(seen, "x", 1);
  Note(seen, "a/x", 2);
  Note(seen, "a/y", 3);
  Note(seen, "a/b/x", 2);
  Note(seen, "a/z", 2);
  BOOST_TEST((seen.DirectoriesWith({2}) == Paths{"a", "a/b"}));
  BOOST_TEST((seen.DirectoriesWith({1, 3}) == Paths{"", "a"}));
  BOOST_TEST(seen.DirectoriesWith({4}).empty());
  BOOST_TEST(seen.IsReliable());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
