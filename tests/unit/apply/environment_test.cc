#include "apply/environment.h"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>

#include "kernel/file.h"

namespace agentbox::apply {
namespace {

using Variables = std::vector<std::string>;

constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "broken:x:1000\n"
    "user:x:1000:1000:,,,:/home/user:/bin/sh\n"
    "other:x:1001:1001:::\n";

// An environment in a root file system without /etc/passwd.
Variables WithoutPasswd(const Variables& env) {
  const auto root = kernel::Open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
  BOOST_REQUIRE(root.has_value());
  return Environment(*root, env, 0);
}

std::string FindError(const std::string& name, const Variables& env = {}) {
  const auto found = FindExecutable(name, env);
  return found ? "no error" : found.error().ToString();
}

BOOST_AUTO_TEST_SUITE(environment)

BOOST_AUTO_TEST_CASE(home_is_the_sixth_field_of_the_line_with_the_uid) {
  BOOST_TEST(HomeOf(kPasswd, 0) == "/root");
  BOOST_TEST(HomeOf(kPasswd, 1000) == "/home/user");
  BOOST_TEST(HomeOf(kPasswd, 1001).empty());
  BOOST_TEST(HomeOf(kPasswd, 7).empty());
}

BOOST_AUTO_TEST_CASE(home_is_added_where_there_is_none) {
  BOOST_TEST(WithoutPasswd({"A=1"}) == (Variables{"A=1", "HOME=/"}));
  BOOST_TEST(WithoutPasswd({"HOME=", "A=1"}) == (Variables{"A=1", "HOME=/"}));
  BOOST_TEST(WithoutPasswd({"HOME=/x", "HOMER=y"}) == (Variables{"HOME=/x", "HOMER=y"}));
}

BOOST_AUTO_TEST_CASE(the_last_value_of_a_name_wins) {
  BOOST_TEST(WithoutPasswd({"HOME=/", "A=1", "B=2", "A=3"}) == (Variables{"HOME=/", "A=3", "B=2"}));
}

// The words are runc's, and Docker makes exit codes 127 and 126 of them.
BOOST_AUTO_TEST_CASE(a_program_that_can_not_be_run_is_said_as_engines_expect) {
  BOOST_TEST(FindError("no-such-program", {"PATH=/usr/bin:/bin"})
                 .starts_with("exec: \"no-such-program\": executable file not found in $PATH"));
  BOOST_TEST(FindError("/bin/no-such-program")
                 .starts_with("exec: \"/bin/no-such-program\": stat /bin/no-such-program: no such "
                              "file or directory"));
  BOOST_TEST(FindError("/etc/passwd").starts_with("exec: \"/etc/passwd\": permission denied"));
  BOOST_TEST(FindError("/etc").starts_with("exec: \"/etc\": is a directory: permission denied: "));
}

BOOST_AUTO_TEST_CASE(a_program_is_looked_for_in_the_absolute_directories_of_path) {
  BOOST_TEST((FindExecutable("sh", {"PATH=/nowhere:/bin"}) == std::string("/bin/sh")));
  BOOST_TEST((FindExecutable("/bin/sh", {}) == std::string("/bin/sh")));
  BOOST_TEST(FindExecutable("sh", {}).has_value());
  BOOST_TEST(!FindExecutable("sh", {"PATH=.:bin::"}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::apply
