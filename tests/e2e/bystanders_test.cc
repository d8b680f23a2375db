// What an apply changes only in passing, and the next one meets. As root.
#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include "support/layered_tree.h"

namespace agentbox::test {
namespace {

BOOST_AUTO_TEST_SUITE(merge_bystanders)

// By the time of its change the other name of a file that goes is one that somebody has changed.
BOOST_AUTO_TEST_CASE(what_an_apply_changes_in_passing_is_no_conflict) {
  const auto made = [] {
    auto tree = std::make_unique<LayeredTree>(
        "mkdir p q d; for i in 1 2 3; do echo $i > p/$i; ln p/$i q/$i; done; echo 1 > a; ln a b; "
        "echo 1 > d/file; echo 1 > x; ln x y");
    tree->Agent(
        "ln x z-link; rm y; rm -r p q; echo 2 > a; echo 2 > b; chmod 750 d; echo 2 > "
        "d/file; echo 3 > d/new");
    tree->End();
    return tree;
  };
  const auto by_paths = made();
  BOOST_TEST(by_paths->Apply({.only = {"p", "a", "d/file"}}) == "");
  BOOST_TEST(by_paths->Apply({.only = {"q/1", "d/new", "z-link"}}) == "");
  EndsAsSeen(*by_paths);
  for (std::size_t steps = 1; steps < 17; ++steps) {
    const auto killed = made();
    killed->ApplyInChild({.kill_after = steps});
    killed->ApplyInChild({.kill_after = 1});
    EndsAsSeen(*killed);
  }
}

BOOST_AUTO_TEST_CASE(what_somebody_else_changes_besides_is_a_conflict) {
  LayeredTree tree("echo 1 > a; ln a b; ln a c; mkdir d; echo 1 > d/file");
  tree.Agent("rm a b c; chmod 750 d; rm d/file");
  tree.End();
  BOOST_TEST(tree.Apply({.only = {"a", "d/file"}}) == "");
  tree.Host("echo more >> b; chmod 711 d");
  BOOST_TEST(tree.Apply() ==
             "skipped  b (changed in the real tree since the sandbox started)\n"
             "skipped  c (changed in the real tree since the sandbox started)\n"
             "skipped  d/ (changed in the real tree since the sandbox started)\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
