#include "container/os_release.h"

#include <boost/test/unit_test.hpp>

namespace agentbox::container {
namespace {

BOOST_AUTO_TEST_SUITE(template_os_release)

BOOST_AUTO_TEST_CASE(a_system_is_its_id_and_version) {
  BOOST_TEST(SystemIn("PRETTY_NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\nID_LIKE=x\n") ==
             "debian 12");
  BOOST_TEST(SystemIn("ID='alpine'\r\nVERSION_ID=3.20.1") == "alpine 3.20.1");
  BOOST_TEST(SystemIn("ID=arch\nBUILD_ID=rolling\n") == "arch");
}

BOOST_AUTO_TEST_CASE(what_does_not_tell_is_none_and_none_prints_what_it_likes) {
  BOOST_TEST(SystemIn("") == "");
  BOOST_TEST(SystemIn("VERSION_ID=12\nIDX=y\n") == "");
  BOOST_TEST(SystemIn("ID=\"\n") == "\"");
  BOOST_TEST(SystemIn("ID=a\x1b[2J\n").find('\x1b') == std::string::npos);
  BOOST_TEST(SystemIn("ID=" + std::string(1000, 'a')).size() == 60U);
  BOOST_TEST(SystemOf("/not/there") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
