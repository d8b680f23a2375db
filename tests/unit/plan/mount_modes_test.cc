#include "plan/mount_modes.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace agentbox::plan {
namespace {

using policy::MountMode;

// With a rule for each destination that is named after its mode.
policy::Policy Modes() {
  policy::Policy policy;
  policy.mounts = {{"/direct", "", MountMode::kDirect},
                   {"/review*", "", MountMode::kReview},
                   {"/throwaway", "", MountMode::kThrowaway},
                   {"/readonly", "", MountMode::kReadonly}};
  policy.origins["mounts"] = "p.json";
  return policy;
}

Result<std::vector<MountStep>> Planned(std::vector<spec::Mount> mounts,
                                       const policy::Policy& policy = Modes()) {
  mounts.push_back({"/dev", "tmpfs", "tmpfs", {}});
  auto steps = PlanMounts({.mounts = std::move(mounts)}, policy, {}, "/bundle");
  if (steps) steps->pop_back();
  return steps;
}

std::string PlanOf(const std::string& destination,
                   const std::vector<std::string>& options = {"rbind", "rprivate"}) {
  const auto steps = Planned({{destination, "bind", "/src", options}});
  return steps ? ToString(steps->front()) : steps.error().ToString();
}

BOOST_AUTO_TEST_SUITE(plan_mount_modes)

BOOST_AUTO_TEST_CASE(a_bind_mount_is_shown_as_its_mode_says) {
  BOOST_TEST(PlanOf("/other") == "/other: rbind /src nosuid nodev rnodev rprivate");
  BOOST_TEST(PlanOf("/direct") ==
             "/direct: rbind /src nosuid nodev rnodev rprivate (by mounts[0] of p.json)");
  BOOST_TEST(PlanOf("/review") == "/review: review /src nosuid nodev (by mounts[1] of p.json)");
  BOOST_TEST(PlanOf("/throwaway") ==
             "/throwaway: throwaway /src nosuid nodev (by mounts[2] of p.json)");
  BOOST_TEST(PlanOf("/readonly", {"rbind", "rw"}) ==
             "/readonly: rbind /src ro nosuid nodev rro rnodev (by mounts[3] of p.json)");
}

BOOST_AUTO_TEST_CASE(what_config_json_makes_read_only_stays_so_with_all_below) {
  BOOST_TEST(PlanOf("/review", {"rbind", "ro"}) ==
             "/review: rbind /src ro nosuid nodev rro rnodev (by mounts[1] of p.json)");
}

BOOST_AUTO_TEST_CASE(each_layer_that_is_kept_has_a_directory_of_its_own) {
  const auto steps = Planned({{"/review", "bind", "/a", {"bind"}},
                              {"/throwaway", "bind", "/b", {"bind"}},
                              {"/review-too", "bind", "/c", {"bind"}}});
  BOOST_REQUIRE(steps.has_value());
  const auto kept = [&steps](std::size_t i) {
    return std::get<ThrowawayMount>((*steps)[i].what).kept_as;
  };
  BOOST_TEST(kept(0) == "mount-0");
  BOOST_TEST(kept(1).empty());
  BOOST_TEST(kept(2) == "mount-1");
  BOOST_TEST(CountKept(*steps) == 2U);
}

BOOST_AUTO_TEST_CASE(only_bind_mounts_have_a_mode) {
  const auto steps = Planned({{"/review", "tmpfs", "tmpfs", {}}});
  BOOST_REQUIRE(steps.has_value());
  BOOST_TEST(ToString(steps->front()) == "/review: tmpfs");
}

BOOST_AUTO_TEST_CASE(options_that_no_layer_can_follow_are_refused) {
  for (const std::string option : {"idmap", "copy-symlink", "src-nofollow"}) {
    BOOST_TEST(PlanOf("/review", {"bind", option}) ==
               "mounts[0]: option \"" + option + "\" goes with the modes direct and readonly only");
  }
  BOOST_TEST(PlanOf("/readonly", {"bind", "copy-symlink"}).find("copy-symlink") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_annotation_is_about_a_bind_mount_that_is_there) {
  policy::Policy policy = Modes();
  policy.mount_annotations = {{"/review", MountMode::kReadonly}};
  const auto steps = Planned({{"/review/", "bind", "/a", {"bind"}}}, policy);
  BOOST_REQUIRE(steps.has_value());
  BOOST_TEST(ToString(steps->front()) ==
             "/review: bind /a ro nosuid nodev rro rnodev (by annotation "
             "dev.agentbox.mount./review)");
  const auto absent = Planned({{"/review", "tmpfs", "tmpfs", {}}}, policy);
  BOOST_REQUIRE(!absent.has_value());
  BOOST_TEST(
      absent.error().ToString() ==
      "annotations.dev.agentbox.mount./review: there is no bind mount with that destination");
  policy.mount_annotations = {{"/review", MountMode::kDirect}};
  const auto looser = Planned({{"/review", "bind", "/a", {"bind"}}}, policy);
  BOOST_REQUIRE(!looser.has_value());
  BOOST_TEST((looser.error().Kind() == ErrorKind::kRefused));
  BOOST_TEST(looser.error().ToString().starts_with("mounts[0]: annotation dev.agentbox.mount."));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::plan
