#include "policy/policy.h"

#include <algorithm>
#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::policy {
namespace {

std::string ErrorOf(const Result<Policy>& result) {
  return result ? "no error" : result.error().ToString();
}

Result<Policy> Read(std::string_view text) {
  return ReadPolicy(DefaultPolicy(), text, "p.json");
}

Result<Policy> Annotate(const Policy& base, const std::string& name, const std::string& value) {
  return ApplyAnnotations(base, {{"dev.agentbox." + name, value}});
}

bool Contains(const std::vector<std::string>& strings, std::string_view string) {
  return std::ranges::find(strings, string) != strings.end();
}

BOOST_AUTO_TEST_SUITE(policy)

BOOST_AUTO_TEST_CASE(the_default_throws_away_limits_and_hides) {
  const Policy policy = DefaultPolicy();
  BOOST_TEST((policy.profile == Profile::kDev));
  BOOST_TEST((policy.rootfs == RootfsMode::kThrowaway));
  BOOST_TEST(policy.default_pids_limit == 8192);
  BOOST_TEST(policy.max_net_namespaces == 0U);
  BOOST_TEST(policy.max_user_namespaces > 0U);
  BOOST_TEST(policy.host_namespaces.empty());
  for (const char* path : {"~/.ssh",
                           "~/.aws",
                           "~/.gnupg",
                           "~/.netrc",
                           "~/.npmrc",
                           "~/.kube",
                           "~/.docker/config.json",
                           "~/.config/gh",
                           "~/.mozilla",
                           "/etc/shadow"}) {
    BOOST_TEST(Contains(policy.hidden_paths, path), path);
  }
}

BOOST_AUTO_TEST_CASE(the_default_denies_keys_and_tokens) {
  const Policy policy = DefaultPolicy();
  for (const char* rule : {"~/.ssh",
                           "~/.aws",
                           "~/.gnupg",
                           "~/.netrc",
                           "~/.npmrc",
                           "~/.pypirc",
                           "~/.docker/config.json",
                           "~/.kube",
                           "~/.config/gh",
                           "**/.env",
                           "**/.env.*",
                           "!**/.env.example",
                           "**/id_rsa*",
                           "**/*.pem",
                           "**/*.key",
                           "**/credentials.json"}) {
    BOOST_TEST(Contains(policy.denied_files, rule), rule);
  }
  BOOST_TEST(policy.denied_with_tokens == std::vector<std::string>{"**/.npmrc"});
  const auto added = Read(R"({"deny": {"files": ["+", "*.sql"]}})");
  BOOST_TEST(added->denied_files.size() == policy.denied_files.size() + 1);
}

BOOST_AUTO_TEST_CASE(the_file_sets_keys_and_is_their_origin) {
  const auto policy = Read(R"({"profile": "paranoid", "limits": {"pids": 100},
                               "do": {"network": "none", "workspace": "readonly"}})");
  BOOST_REQUIRE_EQUAL(ErrorOf(policy), "no error");
  BOOST_TEST((policy->profile == Profile::kParanoid));
  BOOST_TEST(policy->default_pids_limit == 100);
  BOOST_TEST((policy->network == NetworkMode::kNone));
  BOOST_TEST((policy->workspace == MountMode::kReadonly));
  BOOST_TEST(policy->origins.at("limits.pids") == "p.json");
  BOOST_TEST(policy->origins.at("rootfs") == "built-in");
}

BOOST_AUTO_TEST_CASE(a_profile_brings_its_limits_but_for_those_that_the_file_sets) {
  const auto netns = Read(R"({"profile": "netns"})");
  BOOST_TEST(netns->max_net_namespaces > 0U);
  BOOST_TEST(netns->origins.at("limits.netNamespaces") == "profile netns");
  const auto few = Read(R"({"profile": "netns", "limits": {"netNamespaces": 3}})");
  BOOST_TEST(few->max_net_namespaces == 3U);
  const auto paranoid = Read(R"({"profile": "paranoid"})");
  BOOST_TEST(paranoid->max_user_namespaces == 0U);
}

BOOST_AUTO_TEST_CASE(a_list_stands_for_the_whole_and_a_plus_adds) {
  const auto whole = Read(R"({"do": {"hide": ["~/.mine"]}})");
  BOOST_TEST(whole->hidden_paths.size() == 1U);
  const auto added = Read(R"({"do": {"hide": ["+", "~/.mine"]}})");
  BOOST_TEST(added->hidden_paths.size() == DefaultPolicy().hidden_paths.size() + 1);
  BOOST_TEST(added->hidden_paths.back() == "~/.mine");
}

BOOST_AUTO_TEST_CASE(errors_of_the_file_name_it_and_the_key) {
  BOOST_TEST(
      ErrorOf(Read(R"({"profil": "dev"})")).starts_with("p.json: profil: unknown key (prof"));
  BOOST_TEST(ErrorOf(Read(R"({"do": {"hid": []}})")) ==
             "p.json: do.hid: unknown key (do.hide, do.show, do.hideEnvironment, "
             "do.keepEnvironment, do.network, do.workspace, do.template)");
  BOOST_TEST(ErrorOf(Read(R"({"profile": "root"})")) ==
             "p.json: profile: \"root\" is not one of dev, debug, netns, engine, paranoid");
  BOOST_TEST(ErrorOf(Read(R"({"limits": {"pids": "9"}})")) ==
             "p.json: limits.pids: expected an integer, found the string \"9\"");
  BOOST_TEST(ErrorOf(Read(R"({"limits": {"pids": -1}})")) == "p.json: limits.pids: is less than 0");
  BOOST_TEST(ErrorOf(Read(R"({"limits": 1})")) ==
             "p.json: limits: expected an object, found the number 1");
  BOOST_TEST(ErrorOf(Read(R"({"annotations": {"allow": ["do.hide"]}})")) ==
             "p.json: annotations.allow: \"do.hide\" is no key that an annotation can set");
  BOOST_TEST(ErrorOf(Read(R"({"do": {"hide": [".ssh"]}})")) ==
             "p.json: do.hide: \".ssh\" begins neither with \"/\" nor \"~/\"");
  BOOST_TEST(ErrorOf(Read(R"({"deny": {"files": ["a", "[x"]}})")) ==
             "p.json: deny.files: \"[x\" has a \"[\" that nothing closes");
  BOOST_TEST(ErrorOf(Read(R"({"deny": {"filesWithTokens": ["/"]}})")) ==
             "p.json: deny.filesWithTokens: \"/\" names nothing");
  BOOST_TEST(ErrorOf(Read(R"({"deny": {"volumes": ["~/x"]}})")) ==
             "p.json: deny.volumes: \"~/x\" is about homes, and this about paths of the host");
  BOOST_TEST((Read("{").error().Kind() == ErrorKind::kInvalidSpec));
}

BOOST_AUTO_TEST_CASE(a_size_is_a_number_or_a_text) {
  BOOST_TEST(!DefaultPolicy().disk_limit.has_value());
  BOOST_TEST(Read(R"({"limits": {"disk": 1048576}})")->disk_limit.value() == 1U << 20U);
  BOOST_TEST(Read(R"({"limits": {"disk": "8g"}})")->disk_limit.value() == 8ULL << 30U);
  BOOST_TEST(ErrorOf(Read(R"({"limits": {"disk": "8 gigabytes"}})")) ==
             "p.json: limits.disk: \"8 gigabytes\" is not a size, such as \"512m\"");
  BOOST_TEST(ErrorOf(Read(R"({"limits": {"disk": -1}})")).starts_with("p.json: limits.disk: "));
  BOOST_TEST(ErrorOf(Read(R"({"limits": {"disk": true}})")).starts_with("p.json: limits.disk: "));
  BOOST_TEST(ErrorOf(Annotate(DefaultPolicy(), "limits.disk", "much")) ==
             "annotations.dev.agentbox.limits.disk: \"much\" is not a size, such as \"512m\"");
}

BOOST_AUTO_TEST_CASE(an_annotation_makes_stricter) {
  const auto paranoid = Annotate(DefaultPolicy(), "profile", "paranoid");
  BOOST_REQUIRE_EQUAL(ErrorOf(paranoid), "no error");
  BOOST_TEST((paranoid->profile == Profile::kParanoid));
  BOOST_TEST(paranoid->max_user_namespaces == 0U);
  BOOST_TEST(paranoid->origins.at("profile") == "annotation dev.agentbox.profile");

  BOOST_TEST(Annotate(DefaultPolicy(), "limits.disk", "32g")->disk_limit.value() == 32ULL << 30U);
  BOOST_TEST(Annotate(DefaultPolicy(), "limits.disk", "512M")->disk_limit.value() == 512U << 20U);
  const auto none = Read(R"({"limits": {"disk": 0}})");
  BOOST_TEST(Annotate(*none, "limits.disk", "1t")->disk_limit.value() == 1ULL << 40U);
  const auto fewer = Annotate(DefaultPolicy(), "limits.pids", "10");
  BOOST_TEST(fewer->default_pids_limit == 10);
  const auto masked = Annotate(DefaultPolicy(), "paths.masked", "/proc/a, /proc/b");
  BOOST_TEST(Contains(masked->masked_paths, "/proc/b"));
  const auto denied = Annotate(DefaultPolicy(), "deny.files", "*.sql, /vault/");
  BOOST_TEST(denied->denied_files.size() == DefaultPolicy().denied_files.size() + 2);
  BOOST_TEST(Contains(denied->denied_files, "/vault/"));
  const auto allowed = Annotate(DefaultPolicy(), "deny.files", "*.sql, !**/.env");
  BOOST_TEST((allowed.error().Kind() == ErrorKind::kRefused));
}

BOOST_AUTO_TEST_CASE(an_annotation_that_loosens_is_refused_unless_the_file_lists_it) {
  const auto refused = Annotate(DefaultPolicy(), "profile", "engine");
  BOOST_TEST((refused.error().Kind() == ErrorKind::kRefused));
  BOOST_TEST(ErrorOf(refused) ==
             "annotations.dev.agentbox.profile: would loosen profile of the policy (dev); "
             "annotations.allow does not list it");
  const auto open = Read(R"({"annotations": {"allow": ["profile"]}})");
  const auto engine = Annotate(*open, "profile", "engine");
  BOOST_TEST((engine->profile == Profile::kEngine));
  BOOST_TEST(engine->max_net_namespaces > 0U);

  const Policy base = DefaultPolicy();
  for (const auto& [name, value] : std::map<std::string, std::string>{{"rootfs", "engine"},
                                                                      {"limits.pids", "0"},
                                                                      {"limits.pids", "9000"},
                                                                      {"limits.disk", "0"},
                                                                      {"limits.disk", "33g"},
                                                                      {"namespaces.host", "pid"},
                                                                      {"devices.allow", "/dev/kvm"},
                                                                      {"scratch.kind", "tmpfs"}}) {
    BOOST_TEST((Annotate(base, name, value).error().Kind() == ErrorKind::kRefused), name);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_annotation_is_an_error_and_those_of_others_are_not) {
  BOOST_TEST(ErrorOf(Annotate(DefaultPolicy(), "profil", "dev")) ==
             "annotations.dev.agentbox.profil: unknown annotation");
  BOOST_TEST(ErrorOf(Annotate(DefaultPolicy(), "do.hide", "")) ==
             "annotations.dev.agentbox.do.hide: \"do.hide\" can be set by the policy file only");
  BOOST_TEST(ErrorOf(Annotate(DefaultPolicy(), "limits.pids", "ten")) ==
             "annotations.dev.agentbox.limits.pids: \"ten\" is not an unsigned integer");
  BOOST_TEST(ErrorOf(ApplyAnnotations(DefaultPolicy(), {{"org.example.x", "y"}})) == "no error");
}

BOOST_AUTO_TEST_CASE(the_text_has_a_line_with_value_and_origin_for_each_key) {
  const std::string text = ToString(*Read(R"({"limits": {"pids": 5}})"));
  BOOST_TEST(text.find("limits.disk: 32g where there are project quotas, else 0  (built-in)\n") !=
             std::string::npos);
  BOOST_TEST(text.find("limits.pids: 5  (p.json)\n") != std::string::npos);
  BOOST_TEST(text.find("profile: dev  (built-in)\n") != std::string::npos);
  BOOST_TEST(text.find("do.network: pasta, or else none  (built-in)\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::policy
