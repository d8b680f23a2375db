#include "container/name_servers.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

BOOST_AUTO_TEST_SUITE(name_servers)

BOOST_AUTO_TEST_CASE(those_that_are_reached_stay) {
  const char* const text = "# made\nsearch example.org\nnameserver 10.0.0.1\noptions edns0\n";
  BOOST_TEST(NameServers(text, "169.254.1.1") == text);
}

BOOST_AUTO_TEST_CASE(one_stands_for_those_on_the_loopback) {
  BOOST_TEST(NameServers("nameserver 127.0.0.53\nnameserver\t::1\nnameserver 9.9.9.9",
                         "169.254.1.1") == "nameserver 169.254.1.1\nnameserver 9.9.9.9\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
