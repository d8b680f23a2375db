#include "review/identity.h"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>

#include "kernel/file.h"

namespace agentbox::review {
namespace {

BOOST_AUTO_TEST_SUITE(review_identity)

BOOST_AUTO_TEST_CASE(what_is_not_known_differs_from_nothing) {
  const UniqueFd directory = kernel::Open(AT_FDCWD, "/", O_PATH | O_DIRECTORY).value();
  const Identity own = IdentityOf(directory.Get()).value();
  const auto is_shown = [&](const Identity& shown) {
    return CheckIsShown(directory.Get(), shown).has_value();
  };
  BOOST_TEST(is_shown(own));
  BOOST_TEST(is_shown({}));
  BOOST_TEST(is_shown({.filesystem = own.filesystem}));
  BOOST_TEST(is_shown({.filesystem = own.filesystem, .id = own.id}));
  BOOST_TEST(is_shown({.filesystem = own.filesystem, .handle = own.handle}));
  BOOST_TEST(!is_shown({.filesystem = "another", .id = own.id, .handle = own.handle}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::review
