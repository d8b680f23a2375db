#include "policy/mount_rules.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::policy {
namespace {

Result<Policy> Read(const std::string& rules) {
  return ReadPolicy(DefaultPolicy(), "{\"mounts\": " + rules + "}", "p.json");
}

std::string ErrorOf(const std::string& rules) {
  const auto policy = Read(rules);
  return policy ? "no error" : policy.error().ToString();
}

std::string Told(const Result<std::optional<ChosenMode>>& chosen) {
  if (!chosen) return chosen.error().ToString();
  if (!*chosen) return "nothing";
  return std::string(Name((*chosen)->mode)) + " by " + (*chosen)->origin;
}

BOOST_AUTO_TEST_SUITE(policy_mount_rules)

BOOST_AUTO_TEST_CASE(a_glob_is_of_one_directory_unless_it_ends_in_two_stars) {
  BOOST_TEST(MatchesGlob("/work", "/work"));
  BOOST_TEST(!MatchesGlob("/work", "/work/a"));
  BOOST_TEST(MatchesGlob("/home/*/src", "/home/ann/src"));
  BOOST_TEST(!MatchesGlob("/home/*", "/home/ann/src"));
  BOOST_TEST(MatchesGlob("/home/**", "/home/ann/src"));
  BOOST_TEST(MatchesGlob("/home/**", "/home"));
  BOOST_TEST(!MatchesGlob("/home/**", "/homes"));
  BOOST_TEST(MatchesGlob("/home/*/src/**", "/home/ann/src/a/b"));
  BOOST_TEST(!MatchesGlob("/home/*/src/**", "/home/ann/other"));
  BOOST_TEST(MatchesGlob("/**", "/a"));
  BOOST_TEST(MatchesGlob("/[ab]?", "/bc"));
}

BOOST_AUTO_TEST_CASE(the_strictest_rule_that_matches_holds) {
  const auto policy = Read(R"([{"destination": "/work", "mode": "review"},
                               {"source": "/srv/**", "mode": "readonly"},
                               {"destination": "/w*", "source": "/data", "mode": "throwaway"},
                               {"destination": "/**", "mode": "direct"}])");
  BOOST_REQUIRE_MESSAGE(policy.has_value(), (policy ? "" : policy.error().ToString()));
  BOOST_TEST(Told(ModeOf(*policy, "/work", "/home/a")) == "review by mounts[0] of p.json");
  BOOST_TEST(Told(ModeOf(*policy, "/work", "/srv/a")) == "readonly by mounts[1] of p.json");
  BOOST_TEST(Told(ModeOf(*policy, "/work", "/data")) == "throwaway by mounts[2] of p.json");
  BOOST_TEST(Told(ModeOf(*policy, "/x", "/data")) == "direct by mounts[3] of p.json");
  BOOST_TEST(Told(ModeOf(DefaultPolicy(), "/work", "/srv")) == "nothing");
}

BOOST_AUTO_TEST_CASE(an_annotation_makes_one_mount_stricter_and_looser_only_where_allowed) {
  const std::string rules = R"([{"destination": "/work", "mode": "throwaway"}])";
  const auto annotated = [](const Policy& base, const std::string& mode) {
    auto policy = ApplyAnnotations(base, {{"dev.agentbox.mount./work", mode}});
    return policy ? Told(ModeOf(*policy, "/work", "/src")) : policy.error().ToString();
  };
  const Policy base = *Read(rules);
  BOOST_TEST(annotated(base, "readonly") == "readonly by annotation dev.agentbox.mount./work");
  BOOST_TEST(annotated(base, "throwaway") == "throwaway by annotation dev.agentbox.mount./work");
  for (const char* const looser : {"review", "direct"}) {
    BOOST_TEST(annotated(base, looser) ==
               "annotation dev.agentbox.mount./work would loosen throwaway by mounts[0] of p.json; "
               "annotations.allow does not list \"mounts\"");
  }
  BOOST_TEST(annotated(DefaultPolicy(), "review") ==
             "review by annotation dev.agentbox.mount./work");
  const auto open =
      ReadPolicy(DefaultPolicy(),
                 "{\"annotations\": {\"allow\": [\"mounts\"]}, \"mounts\": " + rules + "}",
                 "p.json");
  BOOST_REQUIRE(open.has_value());
  BOOST_TEST(annotated(*open, "direct") == "direct by annotation dev.agentbox.mount./work");
  BOOST_TEST(annotated(base, "kept") ==
             "annotations.dev.agentbox.mount./work: \"kept\" is not one of direct, review, "
             "throwaway, readonly");
  const auto relative = ApplyAnnotations(base, {{"dev.agentbox.mount.work", "readonly"}});
  BOOST_TEST(relative.error().ToString() ==
             "annotations.dev.agentbox.mount.work: \"work\" is not an absolute path");
  BOOST_TEST(!ApplyAnnotations(base, {{"dev.agentbox.mounts", "[]"}}).has_value());
}

BOOST_AUTO_TEST_CASE(errors_name_the_rule_and_the_key) {
  BOOST_TEST(ErrorOf(R"({})") == "p.json: mounts: expected a list, found an object");
  BOOST_TEST(ErrorOf(R"([{"destination": "/w"}])") == "p.json: mounts[0].mode: is required");
  BOOST_TEST(ErrorOf(R"([{"mode": "review"}])") ==
             "p.json: mounts[0]: expected \"destination\", \"source\" or both");
  BOOST_TEST(ErrorOf(R"([{"destination": "/w", "mode": "rw"}])") ==
             "p.json: mounts[0].mode: \"rw\" is not one of direct, review, throwaway, readonly");
  BOOST_TEST(ErrorOf(R"([{"destination": "/w", "mode": "review", "modes": 1}])") ==
             "p.json: mounts[0].modes: unknown key (destination, source, mode)");
  BOOST_TEST(ErrorOf(R"([{"source": "~/w", "mode": "review"}])") ==
             "p.json: mounts[0].source: \"~/w\" does not begin with \"/\"");
  BOOST_TEST(ErrorOf(R"([{"source": "/**/w", "mode": "review"}])") ==
             "p.json: mounts[0].source: \"/**/w\" has \"**\" elsewhere than as \"/**\" at its end");
}

BOOST_AUTO_TEST_CASE(the_text_of_the_policy_has_the_rules) {
  const auto policy = Read(R"([{"destination": "/w", "source": "/s", "mode": "review"}])");
  BOOST_REQUIRE(policy.has_value());
  BOOST_TEST(
      ToString(*policy).find("mounts: [destination \"/w\" source \"/s\" review]  (p.json)\n") !=
      std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::policy
