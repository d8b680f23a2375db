// What `agentbox do` says of what the command does not get, where it is not told to be quiet.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/do_box.h"

namespace agentbox::test {
namespace {

using Strings = std::vector<std::string>;

struct Notes : DoBox {
  // agentbox do -- sh -c SCRIPT, by a shell that has done `before` in a mount namespace of its own.
  Outcome DoAfter(const std::string& before,
                  const Strings& options,
                  const std::string& script,
                  const Strings& environment = {}) const {
    Strings args = {"unshare", "--mount", "--propagation", "private", "sh", "-ec"};
    args.insert(args.end(),
                {before + "\nexec \"$@\"", "sh", AgentboxPath(), "do", "--name", NewId()});
    args.insert(args.end(), options.begin(), options.end());
    args.insert(args.end(), {"--", "sh", "-c", script});
    return RunCommand(args, {.environment = environment, .directory = tree.Path()});
  }
};

void CheckNote(const Outcome& outcome, const std::string& note) {
  const std::string line = "agentbox: note: " + note;
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(("\n" + outcome.errors).find("\n" + line) != std::string::npos,
             "\"" << line << "\" is not in: " << outcome.errors);
}

void CheckNoNote(const Outcome& outcome, const std::string& part) {
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(outcome.errors.find(part) == std::string::npos, outcome.errors);
}

const Strings kNoNetwork = {"--network", "none"};
constexpr const char* kHidePasta =
    "for path in /usr/bin/pasta /usr/local/bin/pasta; do"
    " if test -e $path; then mount --bind /dev/null $path; fi; done";

BOOST_FIXTURE_TEST_SUITE(do_notes, Notes)

BOOST_AUTO_TEST_CASE(variables_that_are_not_passed_on_are_named) {
  const Strings environment = {"GH_TOKEN=t", "MY_API_KEY=k", "COLOR=red"};
  const std::string script = "echo $GH_TOKEN $MY_API_KEY $COLOR";
  const Outcome outcome = DoAfter(":", kNoNetwork, script, environment);
  CheckNote(outcome, "not passed on: ");
  BOOST_TEST(outcome.output == "red\n");
  for (const char* name : {" GH_TOKEN ", " MY_API_KEY "})
    BOOST_TEST(outcome.errors.find(name) != std::string::npos, outcome.errors);
  BOOST_TEST(outcome.errors.find("COLOR") == std::string::npos, outcome.errors);
  // A value is never shown.
  BOOST_TEST(outcome.errors.find("=t") == std::string::npos, outcome.errors);

  const Outcome passed = DoAfter(
      ":", {"--network", "none", "-e", "GH_TOKEN", "-e", "MY_API_KEY"}, script, environment);
  BOOST_TEST(passed.output == "t k red\n");
  CheckNoNote(passed, "GH_TOKEN");
}

BOOST_AUTO_TEST_CASE(file_systems_that_are_left_out_are_named_with_the_reason) {
  RunCommand({"mkdir", "-p", tree / "overlay", tree / "lower/seen", "/media"});
  const std::string overlay = tree / "overlay";
  const Outcome outcome =
      DoAfter("mount -t overlay overlay -o lowerdir=" + (tree / "lower") + ":/usr/share " +
                  overlay + "; mount -t tmpfs of-a-test /media; test -e " + overlay + "/seen",
              kNoNetwork,
              "ls overlay; test -e lower/seen && echo the rest");
  CheckNote(outcome, "left out: " + overlay + " (overlay): an overlay of another container");
  CheckNote(outcome, "left out: /media (tmpfs): removable");
  BOOST_TEST(outcome.output == "the rest\n");
}

BOOST_AUTO_TEST_CASE(without_pasta_there_is_no_network_and_a_note) {
  const Outcome outcome = DoAfter(kHidePasta, {}, "ls /sys/class/net");
  CheckNote(outcome, "no network: pasta(1) is not installed (apt-get install passt)\n");
  BOOST_TEST(outcome.output == "lo\n");
}

BOOST_AUTO_TEST_CASE(without_pasta_it_can_not_be_asked_for) {
  CheckFails(DoAfter(kHidePasta, {"-q", "--network", "pasta"}, "true"),
             125,
             "pasta(1) is not installed: apt-get install passt");
}

BOOST_AUTO_TEST_CASE(that_writes_are_thrown_away_is_said_unless_they_are_not) {
  const std::string note =
      "what is written here is thrown away (--review keeps it apart, --direct lets it through)";
  CheckNote(DoAfter(":", {"--network", "none", "--throwaway"}, "true"), note + "\n");
  CheckNoNote(DoAfter(":", kNoNetwork, "true"), "thrown away");
  CheckNoNote(DoAfter(":", {"--network", "none", "--direct"}, "true"), "thrown away");
}

BOOST_AUTO_TEST_CASE(quiet_means_no_notes) {
  const Outcome outcome = DoAfter(kHidePasta, {"--quiet"}, "true", {"GH_TOKEN=t"});
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.errors == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
