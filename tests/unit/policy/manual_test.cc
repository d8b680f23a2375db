// agentbox-policy(5) and the example beside it, against the table of keys.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "policy/keys.h"
#include "policy/policy.h"

namespace agentbox::policy {
namespace {

std::string Source(const std::string& path) {
  std::ifstream file(AGENTBOX_SOURCE "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

BOOST_AUTO_TEST_SUITE(policy_manual)

BOOST_AUTO_TEST_CASE(every_key_has_its_paragraph) {
  const std::string manual = Source("man/agentbox-policy.5");
  for (const Key& key : Keys()) {
    const std::string heading = "\n.BR " + std::string(key.name);
    const bool is_there = manual.find(heading + " \" (") != std::string::npos ||
                          manual.find(heading + " ") != std::string::npos;
    BOOST_TEST(is_there, key.name);
  }
}

BOOST_AUTO_TEST_CASE(every_profile_and_mode_is_named) {
  const std::string manual = Source("man/agentbox-policy.5");
  const auto has = [&manual](std::string_view name) {
    return manual.find("\n.B " + std::string(name) + "\n") != std::string::npos;
  };
  for (const std::string_view name : Names(Profile()))
    BOOST_TEST(has(name), name);
  for (const std::string_view name : Names(NetworkMode()))
    BOOST_TEST(has(name), name);
  for (const std::string_view name : Names(RootfsMode()))
    BOOST_TEST(has(name), name);
}

BOOST_AUTO_TEST_CASE(the_defaults_it_gives_are_those_that_hold) {
  const std::string manual = Source("man/agentbox-policy.5");
  const Policy policy = DefaultPolicy();
  const auto has = [&manual](const std::string& text) {
    return manual.find(text) != std::string::npos;
  };
  BOOST_TEST(has("limits.pids \" (integer; default " + std::to_string(policy.default_pids_limit)));
  BOOST_TEST(has("limits.disk \" (size; default " + SizeText(kDefaultDiskLimit)));
  BOOST_TEST(has("limits.userNamespaces \" (integer; default " +
                 std::to_string(policy.max_user_namespaces)));
  BOOST_TEST(has("limits.netNamespaces \" (integer; default " +
                 std::to_string(policy.max_net_namespaces)));
}

BOOST_AUTO_TEST_CASE(the_example_is_a_policy) {
  const auto policy = ReadPolicy(DefaultPolicy(), Source("man/policy.json"), "policy.json");
  BOOST_TEST(policy.has_value(), (policy ? "" : policy.error().ToString()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::policy
