#include "policy/deny.h"

#include <chrono>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace agentbox::policy {
namespace {

using Strings = std::vector<std::string>;

std::string ErrorOf(const std::string& rule) {
  const auto rules = DenyRules::Make({rule}, DenyRoot::kWorkspace);
  return rules ? "no error" : rules.error().ToString();
}

DenyRules Rules(const Strings& rules, DenyRoot root = DenyRoot::kWorkspace) {
  auto made = DenyRules::Make(rules, root);
  BOOST_REQUIRE(made.has_value());
  return *made;
}

// The rule that denies `path`, a directory where it ends in "/"; "-": none.
std::string Denying(const Strings& rules, std::string path, DenyRoot root = DenyRoot::kWorkspace) {
  const bool is_directory = path.ends_with('/');
  if (is_directory) path.pop_back();
  const DenyRules made = Rules(rules, root);
  const std::string* const rule = made.Denying(path, is_directory);
  return rule == nullptr ? "-" : *rule;
}

bool Denies(const std::string& rule, const std::string& path) {
  return Denying({rule}, path) == rule;
}

std::string ProjectRules(std::string_view text) {
  const auto rules = ReadProjectRules(text);
  if (!rules) return rules.error().ToString();
  std::string all;
  for (const std::string& rule : *rules)
    all += rule + ";";
  return all;
}

BOOST_AUTO_TEST_SUITE(deny)

BOOST_AUTO_TEST_CASE(a_name_alone_is_found_at_any_depth) {
  for (const char* rule : {".env", "**/.env"}) {
    BOOST_TEST(Denies(rule, ".env"), rule);
    BOOST_TEST(Denies(rule, "a/b/.env"), rule);
    BOOST_TEST(Denies(rule, "a/.env/"), rule);
    BOOST_TEST(!Denies(rule, "a/x.env"), rule);
    BOOST_TEST(!Denies(rule, ".env/a"), rule);
    BOOST_TEST(!Denies(rule, ".envs"), rule);
  }
}

BOOST_AUTO_TEST_CASE(a_slash_before_the_end_ties_a_rule_to_the_root) {
  for (const char* rule : {"/secrets", "/secrets/"}) {
    BOOST_TEST(Denies(rule, "secrets/"), rule);
    BOOST_TEST(!Denies(rule, "a/secrets/"), rule);
  }
  BOOST_TEST(Denies("config/prod.yml", "config/prod.yml"));
  BOOST_TEST(!Denies("config/prod.yml", "a/config/prod.yml"));
  BOOST_TEST(Denies("secrets/", "a/secrets/"));
}

BOOST_AUTO_TEST_CASE(a_slash_at_the_end_is_for_directories_alone) {
  BOOST_TEST(Denies("secrets/", "secrets/"));
  BOOST_TEST(!Denies("secrets/", "secrets"));
}

BOOST_AUTO_TEST_CASE(two_stars_are_any_number_of_directories) {
  BOOST_TEST(Denies("a/**/z", "a/z"));
  BOOST_TEST(Denies("a/**/z", "a/b/c/z"));
  BOOST_TEST(!Denies("a/**/z", "b/a/z"));
  BOOST_TEST(!Denies("a/**/z", "a/b/c"));
  BOOST_TEST(Denies("**/b/z", "b/z"));
  BOOST_TEST(Denies("**/b/z", "a/b/b/z"));
  BOOST_TEST(!Denies("**/b/z", "a/b/c/z"));
  // At the end they are what is inside, and not the directory.
  BOOST_TEST(Denies("a/**", "a/b"));
  BOOST_TEST(Denies("a/**", "a/b/c"));
  BOOST_TEST(!Denies("a/**", "a/"));
  BOOST_TEST(Denies("**", "a"));
  BOOST_TEST(Denies("**/**/a/**/**/b", "x/a/b"));
  // Within a name they are one.
  BOOST_TEST(Denies("a**b", "axxb"));
  BOOST_TEST(!Denies("a**b", "ax/b"));
}

BOOST_AUTO_TEST_CASE(wildcards_stay_within_a_name) {
  BOOST_TEST(Denies("*.pem", "a/server.pem"));
  BOOST_TEST(Denies("*.pem", ".pem"));
  BOOST_TEST(!Denies("*.pem", "server.pem.txt"));
  BOOST_TEST(!Denies("/*.pem", "a/server.pem"));
  BOOST_TEST(Denies("id_rsa*", "id_rsa"));
  BOOST_TEST(Denies("?.key", "a.key"));
  BOOST_TEST(!Denies("?.key", ".key"));
  BOOST_TEST(Denies("*a*b*c*", "xxaxxbxxcxx"));
  BOOST_TEST(!Denies("*a*b*c*", "xxaxxcxxbxx"));
  BOOST_TEST(Denies("a*", "a"));
}

BOOST_AUTO_TEST_CASE(brackets_are_one_of_some_bytes) {
  BOOST_TEST(Denies("key[0-9a].txt", "key5.txt"));
  BOOST_TEST(Denies("key[0-9a].txt", "keyA.txt"));
  BOOST_TEST(!Denies("key[0-9a].txt", "keyb.txt"));
  for (const char* rule : {"[!a-c]x", "[^a-c]x"}) {
    BOOST_TEST(Denies(rule, "dx"), rule);
    BOOST_TEST(!Denies(rule, "bx"), rule);
    BOOST_TEST(!Denies(rule, "Bx"), rule);
  }
  BOOST_TEST(Denies("[]]", "]"));
  BOOST_TEST(Denies("[a-]", "-"));
  BOOST_TEST(Denies("[\\]a]", "]"));
}

BOOST_AUTO_TEST_CASE(a_backslash_takes_the_meaning_away) {
  BOOST_TEST(Denies("\\*", "*"));
  BOOST_TEST(!Denies("\\*", "a"));
  BOOST_TEST(Denies("\\!x", "!x"));
  BOOST_TEST(Denies("\\~/x", "~/x"));
}

BOOST_AUTO_TEST_CASE(letters_match_in_either_case) {
  BOOST_TEST(Denies("**/.env", "a/.ENV"));
  BOOST_TEST(Denies("*.PEM", "x.pem"));
  BOOST_TEST(Denies("Secrets/**", "sEcReTs/a"));
  BOOST_TEST(Denying({"~/.SSH"}, ".ssh/", DenyRoot::kHome) == "~/.SSH");
}

BOOST_AUTO_TEST_CASE(the_last_rule_that_matches_decides) {
  const Strings rules = {".env", ".env.*", "!.env.example", "/vault/.env.example"};
  BOOST_TEST(Denying(rules, "a/.env") == ".env");
  BOOST_TEST(Denying(rules, "a/.env.local") == ".env.*");
  BOOST_TEST(Denying(rules, "a/.env.example") == "-");
  BOOST_TEST(Denying(rules, "vault/.env.example") == "/vault/.env.example");
  BOOST_TEST(Denying(rules, "README") == "-");
}

BOOST_AUTO_TEST_CASE(rules_about_homes_and_about_workspaces_are_apart) {
  const Strings rules = {"~/.ssh", ".ssh.bak", "~/.config/*", "!~/.config/git"};
  BOOST_TEST(Denying(rules, ".ssh/", DenyRoot::kHome) == "~/.ssh");
  BOOST_TEST(Denying(rules, "a/.ssh/", DenyRoot::kHome) == "-");
  BOOST_TEST(Denying(rules, ".config/gh/", DenyRoot::kHome) == "~/.config/*");
  BOOST_TEST(Denying(rules, ".config/git/", DenyRoot::kHome) == "-");
  BOOST_TEST(Denying(rules, ".ssh.bak", DenyRoot::kHome) == "-");
  BOOST_TEST(Denying(rules, ".ssh/") == "-");
  BOOST_TEST(Denying(rules, ".ssh.bak") == ".ssh.bak");
}

BOOST_AUTO_TEST_CASE(only_where_something_may_be_denied_a_walk_goes) {
  const DenyRules homes = Rules({"~/.ssh", "~/.config/*/hosts", "!~/a/b"}, DenyRoot::kHome);
  BOOST_TEST(homes.MayDenyBelow(""));
  BOOST_TEST(homes.MayDenyBelow(".config"));
  BOOST_TEST(homes.MayDenyBelow(".CONFIG/gh"));
  BOOST_TEST(!homes.MayDenyBelow(".config/gh/hosts"));
  BOOST_TEST(!homes.MayDenyBelow(".ssh"));
  BOOST_TEST(!homes.MayDenyBelow("a"));
  BOOST_TEST(Rules({"**/.env"}).MayDenyBelow("a/b/c"));
  BOOST_TEST(Rules({"a/**/b"}).MayDenyBelow("a/x/y"));
  BOOST_TEST(!Rules({"a/**/b"}).MayDenyBelow("b"));
}

BOOST_AUTO_TEST_CASE(what_is_no_rule_is_an_error_that_says_why) {
  BOOST_TEST(ErrorOf("") == "\"\" names nothing");
  BOOST_TEST(ErrorOf("!") == "\"!\" names nothing");
  BOOST_TEST(ErrorOf("/") == "\"/\" names nothing");
  BOOST_TEST(ErrorOf("~/") == "\"~/\" names nothing");
  BOOST_TEST(ErrorOf("a//b") == "\"a//b\" has an empty name, \".\" or \"..\" in it");
  BOOST_TEST(ErrorOf("../x") == "\"../x\" has an empty name, \".\" or \"..\" in it");
  BOOST_TEST(ErrorOf("a[b") == "\"a[b\" has a \"[\" that nothing closes");
  BOOST_TEST(ErrorOf("[z-a]") == "\"[z-a]\" has a range that ends before it begins");
  BOOST_TEST(ErrorOf("[[:digit:]]").find("has a class of characters") != std::string::npos);
  BOOST_TEST(ErrorOf("a\\") == "\"a\\\\\" ends in a backslash");
  BOOST_TEST(ErrorOf("~/**/.env") == "\"~/**/.env\" has \"**\": homes are not searched");
  BOOST_TEST(ErrorOf(std::string(2000, 'a')).ends_with("... is too long"));
}

// Each of these takes a backtracking matcher longer than anybody waits.
BOOST_AUTO_TEST_CASE(no_rule_takes_long) {
  std::string stars;
  while (stars.size() < 1000)
    stars += "*a";
  std::string depths = "**/b";
  while (depths.size() < 1000)
    depths = "**/*a*/" + depths;
  std::string deep = "a";
  while (deep.size() < 4000)
    deep += "/aaa";
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(!Denies(stars + "b", std::string(4000, 'a')));
  BOOST_TEST(!Denies(depths, deep));
  BOOST_TEST(Denies(stars + "*", std::string(4000, 'a')));
  const auto taken = std::chrono::steady_clock::now() - begin;
  BOOST_TEST((taken < std::chrono::seconds(5)));
}

BOOST_AUTO_TEST_CASE(a_token_is_a_setting_with_a_value) {
  BOOST_TEST(HasToken("//registry.npmjs.org/:_authToken=npm_abc\n"));
  BOOST_TEST(HasToken("x=1\n  _auth = \"dXNlcg==\""));
  BOOST_TEST(HasToken("//r/:_PASSWORD=abc\r\n"));
  BOOST_TEST(HasToken("_authToken=${A}${B"));
  BOOST_TEST(HasToken("_authToken=abc${A}"));
  BOOST_TEST(HasToken("\"//registry.npmjs.org/:_authToken\"=npm_abc\n"));
  BOOST_TEST(HasToken("'_auth' = abc"));
  BOOST_TEST(HasToken("_authToken=${NPM_TOKEN:-npm_abc}"));
  BOOST_TEST(HasToken("_authToken=${NPM_TOKEN-npm_abc}"));
  BOOST_TEST(HasToken("_authToken=${}"));
  BOOST_TEST(HasToken("key=\"-----BEGIN PRIVATE KEY-----\\nabc\""));
  BOOST_TEST(HasToken("//r/:key=abc"));
  BOOST_TEST(!HasToken(""));
  BOOST_TEST(!HasToken("registry=https://registry.npmjs.org/\nsave-exact=true\n"));
  BOOST_TEST(!HasToken("//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"));
  BOOST_TEST(!HasToken("_authToken=\"${NPM_TOKEN}\""));
  BOOST_TEST(!HasToken("\"//r/:_authToken\"=${npm_token_2?}"));
  BOOST_TEST(!HasToken("keyfile=/etc/key.pem\npublic-key=abc"));
  BOOST_TEST(!HasToken("# _authToken=abc\n; _auth=abc\n"));
  BOOST_TEST(!HasToken("_authToken=\nalways-auth=true\n"));
}

BOOST_AUTO_TEST_CASE(a_project_adds_rules_and_nothing_else) {
  BOOST_TEST(ProjectRules(R"({"deny": {"files": ["+", "secrets/", "/a/**/*.sql"]}})") ==
             "secrets/;/a/**/*.sql;");
  BOOST_TEST(ProjectRules("{}").empty());
  BOOST_TEST(ProjectRules(R"({"deny": {}})").empty());
  BOOST_TEST(ProjectRules(R"({"deny": {"files": []}, "do": {"show": ["~/.ssh"]}})") ==
             "do: a project may set deny.files, and nothing else");
  BOOST_TEST(ProjectRules(R"({"deny": {"volumes": []}})") ==
             "deny.volumes: a project may set deny.files, and nothing else");
  BOOST_TEST(ProjectRules(R"({"deny": {"files": ["a", "!**/.env"]}})") ==
             "deny.files[1]: \"!**/.env\": a project may only add to what is denied");
  BOOST_TEST(ProjectRules(R"({"deny": {"files": ["~/x"]}})") ==
             "deny.files[0]: \"~/x\": a project has no say in homes");
  BOOST_TEST(ProjectRules(R"({"deny": {"files": ["a/../b"]}})").starts_with("deny.files[0]: "));
  BOOST_TEST(ProjectRules(R"({"deny": {"files": "x"}})") ==
             "deny.files: expected a list, found the string \"x\"");
  BOOST_TEST(ProjectRules(R"({"deny": {"files": [1]}})").starts_with("deny.files[0]: expected"));
  BOOST_TEST(ProjectRules(R"({"deny": []})") == "deny: expected an object, found a list");
  BOOST_TEST(ProjectRules(R"({"deny": {}, "deny": {}})").find("deny") != std::string::npos);
  BOOST_TEST(ProjectRules("[]").find("expected an object") != std::string::npos);
  std::string many = R"({"deny": {"files": ["a")";
  for (int i = 0; i < 256; ++i)
    many += R"(, "a")";
  BOOST_TEST(ProjectRules(many + "]}}") == "deny.files: has more than 256 rules");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::policy
