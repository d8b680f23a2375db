#include "container/etc_files.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

BOOST_AUTO_TEST_SUITE(etc_files)

BOOST_AUTO_TEST_CASE(those_that_are_reached_stay) {
  const char* const text = "# made\nsearch example.org\nnameserver 10.0.0.1\noptions edns0\n";
  BOOST_TEST(NameServers(text, "169.254.1.1") == text);
}

BOOST_AUTO_TEST_CASE(one_stands_for_those_on_the_loopback) {
  BOOST_TEST(NameServers("nameserver 127.0.0.53\nnameserver\t::1\nnameserver 9.9.9.9",
                         "169.254.1.1") == "nameserver 169.254.1.1\nnameserver 9.9.9.9\n");
}

BOOST_AUTO_TEST_CASE(users_have_an_entry_without_a_password) {
  BOOST_TEST(ShadowFile("root:x:0:0:root:/root:/bin/bash\n\nbroken\ndaemon:x:1:1::/:/bin/sh") ==
             "root:*:1:0:99999:7:::\ndaemon:*:1:0:99999:7:::\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
