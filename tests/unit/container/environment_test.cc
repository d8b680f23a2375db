#include "container/environment.h"

#include <string>

#include <boost/test/unit_test.hpp>

#include "base/strings.h"

namespace agentbox::container {
namespace {

std::string Passed(const std::vector<std::string>& own,
                   const std::vector<std::string>& asked_for = {}) {
  return Join(FilterEnvironment(own, policy::DefaultPolicy(), asked_for).variables, " ");
}

BOOST_AUTO_TEST_SUITE(environment)

BOOST_AUTO_TEST_CASE(what_tools_need_is_passed) {
  const std::vector<std::string> own = {"PATH=/bin",
                                        "HOME=/h",
                                        "LANG=C",
                                        "TERM=xterm",
                                        "CC=gcc",
                                        "GOPATH=/g",
                                        "PWD=/x",
                                        "CARGO_HOME=/c",
                                        "EDITOR=vi",
                                        "TZ=UTC",
                                        "MAKEFLAGS=",
                                        "VIRTUAL_ENV=/v",
                                        "http_proxy=http://proxy:3128"};
  BOOST_TEST(Passed(own) == Join(own, " "));
}

BOOST_AUTO_TEST_CASE(secrets_and_sockets_are_not) {
  for (const char* name : {"GITHUB_TOKEN",
                           "GH_TOKEN",
                           "ANTHROPIC_API_KEY",
                           "AWS_PROFILE",
                           "AWS_SECRET_ACCESS_KEY",
                           "DB_PASSWORD",
                           "MY_SECRET_1",
                           "SSH_AUTH_SOCK",
                           "DBUS_SESSION_BUS_ADDRESS",
                           "XAUTHORITY",
                           "npm_config_authtoken",
                           "KUBECONFIG",
                           "GOOGLE_APPLICATION_CREDENTIALS",
                           "PGPASSWORD",
                           "DOCKER_HOST",
                           "XDG_RUNTIME_DIR",
                           "VAULT_ADDR",
                           "SENTRY_DSN",
                           "TF_VAR_db_password"}) {
    BOOST_TEST(Passed({std::string(name) + "=x"}).empty(), name);
  }
  BOOST_TEST(Passed({"REGISTRY=https://ann:word@example.org/x"}).empty());
  BOOST_TEST(!Passed({"REPO=ssh://git@example.org:22/x"}).empty());
}

BOOST_AUTO_TEST_CASE(what_is_asked_for_is_passed_and_what_is_set_is_set) {
  BOOST_TEST(Passed({"GH_TOKEN=t", "X_KEY=k"}, {"GH_TOKEN"}) == "GH_TOKEN=t");
  BOOST_TEST(Passed({"GH_TOKEN=t"}, {"GH_TOKEN=u"}) == "GH_TOKEN=u");
  BOOST_TEST(Passed({"A=1"}, {"A=2", "B=3", "ABSENT"}) == "A=2 B=3");
}

BOOST_AUTO_TEST_CASE(the_policy_keeps_and_the_dropped_are_named) {
  policy::Policy policy = policy::DefaultPolicy();
  policy.kept_environment = {"CI_*"};
  const auto filtered = FilterEnvironment({"Z_KEY=1", "CI_TOKEN=t", "A_KEY=2"}, policy, {});
  BOOST_TEST(Join(filtered.variables, " ") == "CI_TOKEN=t");
  BOOST_TEST(Join(filtered.dropped, " ") == "A_KEY Z_KEY");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::container
