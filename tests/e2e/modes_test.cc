// How volumes of a bundle are shown: by rules of the policy and by annotations.
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Modes : Box {
  Modes() {
    fs::create_directories(volume + "/sub");
    WriteFile(volume + "/file", "host\n");
    bundle.Volume("/work", volume);
  }
  ~Modes() { RunCommand({AgentboxPath(), "--root", bundle.Root(), "discard", Review()}); }

  // `mode` for the destination /work by the policy; empty: none.
  void SetPolicy(const std::string& mode, const json& more = json::object()) const {
    json file = more;
    if (!mode.empty()) file["mounts"] = {{{"destination", "/work"}, {"mode", mode}}};
    WriteFile(policy, file.dump());
  }

  void Annotate(const std::string& mode) {
    bundle.config["annotations"]["dev.agentbox.mount./work"] = mode;
  }

  Outcome Command(const std::string& command, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args = {"--policy", policy, command};
    args.insert(args.end(), more.begin(), more.end());
    args.push_back(bundle.Id());
    return bundle.Agentbox(args);
  }

  Outcome Run(const std::string& script) {
    bundle.Args({"/bin/sh", "-c", script});
    return Command("run", {"--bundle", bundle.Path()});
  }

  // Of a script that writes to the volume.
  std::string Written() {
    const Outcome outcome = Run("{ echo in > /work/file; } 2>/dev/null; cat /work/file");
    return outcome.output + outcome.errors;
  }

  std::string Review() const { return bundle.Id(); }
  std::string Kept() const { return "/var/lib/agentbox/@reviews/" + Review(); }
  std::string Layer() const { return Kept() + "/mount-0/upper"; }
  std::string OnHost() const { return ReadFile(volume + "/file"); }

  void Discard() const {
    const Outcome outcome = bundle.Agentbox({"discard", Review()});
    BOOST_TEST(outcome.status == 0, outcome.errors);
    BOOST_TEST(!Exists(Kept()));
  }

  std::string volume = bundle.Directory() + "/volume";
  std::string policy = bundle.Directory() + "/policy.json";
};

BOOST_FIXTURE_TEST_SUITE(modes, Modes)

BOOST_AUTO_TEST_CASE(each_mode_by_the_policy) {
  SetPolicy("readonly");
  BOOST_TEST(Written() == "host\n");
  BOOST_TEST(OnHost() == "host\n");
  SetPolicy("throwaway");
  BOOST_TEST(Written() == "in\n");
  BOOST_TEST(OnHost() == "host\n");
  BOOST_TEST(!Exists(Kept()));
  SetPolicy("review");
  BOOST_TEST(Written() == "in\n");
  BOOST_TEST(OnHost() == "host\n");
  BOOST_TEST(ReadFile(Layer() + "/file") == "in\n");
  Discard();
  SetPolicy("direct");
  BOOST_TEST(Written() == "in\n");
  BOOST_TEST(OnHost() == "in\n");
}

BOOST_AUTO_TEST_CASE(each_mode_by_annotation) {
  SetPolicy("");
  Annotate("readonly");
  BOOST_TEST(Written() == "host\n");
  Annotate("throwaway");
  BOOST_TEST(Written() == "in\n");
  BOOST_TEST(!Exists(Kept()));
  Annotate("review");
  BOOST_TEST(Written() == "in\n");
  BOOST_TEST(OnHost() == "host\n");
  BOOST_TEST(ReadFile(Layer() + "/file") == "in\n");
  Discard();
  Annotate("direct");
  BOOST_TEST(Written() == "in\n");
  BOOST_TEST(OnHost() == "in\n");
}

BOOST_AUTO_TEST_CASE(a_rule_by_the_source) {
  WriteFile(
      policy,
      json{{"mounts", {{{"source", bundle.Directory() + "/**"}, {"mode", "readonly"}}}}}.dump());
  BOOST_TEST(Written() == "host\n");
}

BOOST_AUTO_TEST_CASE(an_annotation_that_loosens_is_refused_unless_the_policy_lists_it) {
  SetPolicy("throwaway");
  Annotate("direct");
  CheckFails(Run("true"), 1, "would loosen throwaway by mounts[0] of " + policy);
  Annotate("review");
  CheckFails(Run("true"), 1, "annotations.allow does not list \"mounts\"");
  SetPolicy("throwaway", {{"annotations", {{"allow", {"mounts"}}}}});
  Annotate("direct");
  BOOST_TEST(Written() == "in\n");
  BOOST_TEST(OnHost() == "in\n");
  bundle.config["annotations"] = {{"dev.agentbox.mount./elsewhere", "readonly"}};
  CheckFails(Run("true"), 1, "there is no bind mount with that destination");
}

BOOST_AUTO_TEST_CASE(readonly_holds_below_too_and_can_not_be_undone) {
  const MountedTmpfs mounted(volume + "/sub");
  SetPolicy("readonly");
  bundle.Capability("SYS_ADMIN");
  const Outcome outcome =
      Run("touch /work/sub/x 2>/dev/null || echo refused;"
          "mount -o remount,rw,bind /work 2>/dev/null || echo locked");
  BOOST_TEST(outcome.output == "refused\nlocked\n", outcome.errors);
}

BOOST_AUTO_TEST_CASE(a_layer_shows_nothing_of_what_is_mounted_below) {
  const MountedTmpfs mounted(volume + "/sub");
  WriteFile(volume + "/sub/below", "");
  SetPolicy("throwaway");
  BOOST_TEST(Run("ls /work/sub").output.empty());
}

BOOST_AUTO_TEST_CASE(owners_in_a_layer_are_those_of_the_volume) {
  fs::permissions(volume, fs::perms(0777));
  BOOST_REQUIRE(RunCommand({"chown", "1000:1001", volume + "/file"}).Succeeded());
  SetPolicy("review");
  const Outcome outcome =
      Run("stat -c %u:%g:%a /work; stat -c %u:%g /work/file; chown 7:8 "
          "/work/file; stat -c %u:%g /work/file");
  BOOST_TEST(outcome.output == "0:0:777\n1000:1001\n7:8\n", outcome.errors);
  const json record = json::parse(ReadFile(Kept() + "/review.json"));
  const int first = record["uidMap"][0]["host"];
  BOOST_TEST(Chomp(RunCommand({"stat", "-c", "%u", Layer() + "/file"}).output) ==
             std::to_string(first + 7));
  Discard();
}

BOOST_AUTO_TEST_CASE(what_is_not_changed_leaves_nothing) {
  SetPolicy("review");
  BOOST_TEST(Run("cat /work/file").output == "host\n");
  BOOST_TEST(!Exists(Kept()));
}

BOOST_AUTO_TEST_CASE(a_layer_outlives_delete_and_gc_and_a_killed_create) {
  SetPolicy("review");
  bundle.Args({"/bin/sh", "-c", "echo in > /work/new; exec sleep 1000"});
  BOOST_REQUIRE(Command("create", {"--bundle", bundle.Path()}).Succeeded());
  BOOST_REQUIRE(Command("start").Succeeded());
  BOOST_REQUIRE(Eventually([this] { return ReadFile(Layer() + "/new") == "in\n"; }));
  CheckFails(bundle.Agentbox({"discard", Review()}), 1, "its sandbox, " + bundle.Id() + ", runs");
  BOOST_TEST(bundle.Agentbox({"gc"}).Succeeded());
  BOOST_TEST(Exists(Layer() + "/new"));
  BOOST_TEST(Command("kill", {}).Succeeded());
  BOOST_TEST(Command("delete", {"--force"}).Succeeded());
  BOOST_TEST(bundle.Agentbox({"gc"}).Succeeded());
  BOOST_TEST(ReadFile(Layer() + "/new") == "in\n");

  // The next of that id has a layer of its own.
  bundle.Args({"/bin/sh", "-c", "ls /work"});
  BOOST_TEST(Command("run", {"--bundle", bundle.Path()}).output == "file\nsub\n");
  BOOST_TEST(!Exists(Kept() + "-2"));
  Discard();
}

BOOST_AUTO_TEST_CASE(what_is_a_path_and_the_beginning_of_an_id_is_asked_for_again) {
  const std::string process = std::to_string(::getpid());
  const std::string id = "beef" + std::string(60 - process.size(), '0') + process;
  WriteFile(volume + "/beef", "");
  SetPolicy("review");
  bundle.Args({"/bin/sh", "-c", "echo in > /work/file"}).WriteConfig();
  BOOST_TEST(
      bundle.Agentbox({"--policy", policy, "run", "--bundle", bundle.Path(), id}).Succeeded());
  CommandOptions here;
  here.directory = volume;
  for (const std::string command : {"apply", "diff"})
    CheckFails(bundle.Agentbox({command, "beef"}, here), 1, "write ./beef, or more of the id");
  CheckFails(bundle.Agentbox({"apply", "./beef"}, here), 1, "is neither a review nor anything");
  BOOST_TEST(bundle.Agentbox({"diff", id.substr(0, 60)}, here).output == "M  file\n");
  BOOST_TEST(bundle.Agentbox({"discard", id}).Succeeded());
}

BOOST_AUTO_TEST_CASE(a_create_killed_at_any_step_leaves_no_empty_layer) {
  SetPolicy("review");
  bundle.Args({"/bin/sleep", "1000"}).WriteConfig();
  int killed = 0;
  for (int step = 0; step < 40; ++step) {
    Background create({AgentboxPath(),
                       "--root",
                       bundle.Root(),
                       "--policy",
                       policy,
                       "create",
                       "--bundle",
                       bundle.Path(),
                       bundle.Id()});
    const bool is_done = create.Wait(std::chrono::milliseconds(step / 2)) != -1;
    create.Signal(SIGKILL);
    if (!is_done && create.Wait() == 128 + SIGKILL) ++killed;
    BOOST_TEST(Command("delete", {"--force"}).Succeeded());
    BOOST_TEST(bundle.Agentbox({"gc"}).Succeeded());
    BOOST_REQUIRE(!Exists(Kept()));
  }
  BOOST_TEST(killed > 5);
}

BOOST_AUTO_TEST_CASE(the_plan_says_what_chose_the_mode) {
  SetPolicy("review");
  bundle.WriteConfig();
  const Outcome outcome =
      bundle.Agentbox({"--policy", policy, "plan", "--id", "c1", bundle.Path()});
  BOOST_TEST(outcome.output.find("/work: review " + volume + " ") != std::string::npos,
             outcome.output);
  BOOST_TEST(outcome.output.find("(by mounts[0] of " + policy + ")") != std::string::npos);
  BOOST_TEST(outcome.output.find("review\n  c1 in /var/lib/agentbox\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
