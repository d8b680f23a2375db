// `agentbox doctor` on this host, and on one that lacks something: what is looked at is covered in
// a mount namespace of the test's own.
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"
#include "support/do_box.h"

namespace agentbox::test {
namespace {

using nlohmann::json;
using Strings = std::vector<std::string>;

// doctor's report, by a shell that has done `before` in a mount namespace of its own.
Outcome DoctorAfter(const std::string& before, const Strings& options = {"--json"}) {
  Strings args = {"unshare", "--mount", "--propagation", "private", "sh", "-ec"};
  args.push_back(before + "\nexec \"$0\" doctor \"$@\"");
  args.push_back(AgentboxPath());
  args.insert(args.end(), options.begin(), options.end());
  return RunCommand(args);
}

// The finding whose feature begins so; null: there is none.
json Finding(const Outcome& outcome, const std::string& feature) {
  for (const json& finding : json::parse(outcome.output)) {
    if (finding.at("feature").get<std::string>().starts_with(feature)) return finding;
  }
  return nullptr;
}

std::string Says(const Outcome& outcome, const std::string& feature) {
  const json finding = Finding(outcome, feature);
  if (finding.is_null()) return "(no finding on " + feature + ")";
  return finding["status"].get<std::string>() + ": " + finding["detail"].get<std::string>() + "; " +
         finding["remedy"].get<std::string>();
}

// No container is made here.
BOOST_FIXTURE_TEST_SUITE(doctor, NothingLeft)

BOOST_AUTO_TEST_CASE(each_thing_that_agentbox_uses_has_a_finding) {
  const Outcome outcome = DoctorAfter(":");
  BOOST_TEST(outcome.status == 0, outcome.errors + outcome.output);
  BOOST_TEST(outcome.errors.empty(), outcome.errors);
  for (const char* feature : {"Linux 6.1 or later",
                              "user namespaces",
                              "user namespaces without privilege",
                              "other namespaces",
                              "mounts by file descriptor",
                              "seccomp filters",
                              "idmapped mounts on / ",
                              "overlay on ",
                              "space for scratch layers",
                              "subordinate ids of the user agentbox",
                              "newuidmap(1) and newgidmap(1)",
                              "cgroups",
                              "AppArmor, SELinux",
                              "policy",
                              "pasta(1)",
                              "libmount",
                              "libsystemd",
                              "resctrl",
                              "NUMA memory policy",
                              "device filters by eBPF",
                              "systemd's bus"}) {
    BOOST_TEST_INFO_SCOPE(feature);
    const json finding = Finding(outcome, feature);
    BOOST_REQUIRE(finding.is_object());
    const std::string status = finding["status"];
    BOOST_TEST((status == "ok" || status == "warn" || status == "missing"), status);
    BOOST_TEST(finding["essential"].is_boolean());
    BOOST_TEST(!finding["detail"].get<std::string>().empty());
    BOOST_TEST(!finding["purpose"].get<std::string>().empty());
    // Whatever is not as it should be comes with a way to get it.
    if (status != "ok") BOOST_TEST(!finding["remedy"].get<std::string>().empty());
  }
}

BOOST_AUTO_TEST_CASE(without_json_each_finding_is_a_line) {
  const Outcome lines = DoctorAfter(":", {});
  BOOST_TEST(lines.status == 0, lines.errors);
  const json findings = json::parse(DoctorAfter(":").output);
  BOOST_TEST(findings.size() > 20U);
  for (const json& finding : findings) {
    std::string line = finding["status"];
    line.resize(9, ' ');
    const auto at = lines.output.find(line + finding["feature"].get<std::string>() + ": ");
    BOOST_TEST(at != std::string::npos, finding.dump());
    BOOST_TEST((at == 0 || lines.output[at - 1] == '\n'), finding.dump());
  }
}

BOOST_AUTO_TEST_CASE(the_kernel_s_own_files_say_what_is_there) {
  const Outcome outcome = DoctorAfter(":");
  const bool has_systemd = Exists("/run/systemd/system");
  BOOST_TEST(Says(outcome, "systemd's bus").starts_with(has_systemd ? "ok: answers" : "missing: "),
             Says(outcome, "systemd's bus"));
  const std::string nodes = Chomp(ReadFile("/sys/devices/system/node/online"));
  BOOST_TEST(
      Says(outcome, "NUMA memory policy").starts_with("ok: can be set, nodes " + nodes + ";"));
  BOOST_TEST(Says(outcome, "device filters by eBPF").starts_with("ok: can be loaded"));
  const std::string modes = Exists("/sys/fs/cgroup/cgroup.controllers") ? "v2" : "v1 hybrid";
  const std::string mode = Finding(outcome, "cgroups")["detail"];
  BOOST_TEST(modes.find(mode.substr(0, mode.find(' '))) != std::string::npos, mode);
}

BOOST_AUTO_TEST_CASE(a_missing_pasta_is_warned_of) {
  const Outcome outcome = DoctorAfter(
      "for path in /usr/bin/pasta /usr/local/bin/pasta; do"
      " if test -e $path; then mount --bind /dev/null $path; fi; done");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(Says(outcome, "pasta(1)") ==
             "warn: not installed: `do` has no network, or the host's; apt-get install passt");
}

BOOST_AUTO_TEST_CASE(no_entry_for_agentbox_in_subuid_is_warned_of) {
  const TemporaryDirectory directory;
  const std::string table = directory.Path() + "/table";
  const std::string cover =
      "mount --bind " + table + " /etc/subuid; mount --bind " + table + " /etc/subgid";
  WriteFile(table, "someone:500000:65536\n");
  const Outcome outcome = DoctorAfter(cover);
  BOOST_TEST(outcome.status == 0);
  const std::string without = Says(outcome, "subordinate ids of the user agentbox");
  BOOST_TEST(without.starts_with("warn: "), without);
  BOOST_TEST(without.ends_with("built in: nothing keeps other programs from the same ids; "
                               "agentbox install"),
             without);
  WriteFile(table, "agentbox:600000000:6553600\n");
  BOOST_TEST(Says(DoctorAfter(cover), "subordinate ids of the user agentbox") ==
             "ok: 100 ranges; agentbox install");
}

BOOST_AUTO_TEST_CASE(a_broken_policy_file_is_missing_and_makes_the_status_1) {
  const TemporaryDirectory directory;
  const std::string file = directory.Path() + "/policy.json";
  const auto examine = [&file](const std::string& text) {
    WriteFile(file, text);
    return RunCommand({AgentboxPath(), "--policy", file, "doctor", "--json"});
  };
  const Outcome broken = examine(R"({"limits": {"pids": "many"}})");
  BOOST_TEST(broken.status == 1);
  const std::string said = Says(broken, "policy");
  BOOST_TEST(said.starts_with("missing: "), said);
  BOOST_TEST(said.find("limits.pids") != std::string::npos, said);
  BOOST_TEST(said.ends_with("; correct the file: agentbox-policy(5)"), said);
  BOOST_TEST(Finding(broken, "policy")["essential"] == true);

  const Outcome right = examine(R"({"limits": {"pids": 100}})");
  BOOST_TEST(right.status == 0);
  BOOST_TEST(Finding(right, "policy")["detail"] == file);
}

BOOST_AUTO_TEST_CASE(a_user_without_subordinate_ids_is_told_how_to_get_them) {
  const User user({"-r"});
  const Tree tree;
  const std::string program = tree / "agentbox";
  std::filesystem::copy_file(AgentboxPath(), program);
  std::filesystem::permissions(program, std::filesystem::perms(0755));
  const Outcome outcome = user.Run(program + " doctor --json");
  BOOST_TEST(outcome.status == 0, outcome.errors + outcome.output);
  BOOST_TEST(Says(outcome, "subordinate ids of " + user.Name()) ==
             "warn: none; usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " +
                 user.Name());
  BOOST_TEST(Says(outcome, "device filters by eBPF").starts_with("ok: not needed without root"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
