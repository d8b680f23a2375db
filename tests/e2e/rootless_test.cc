// Without root: a user of no privilege, with a range of subordinate ids and without one.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

using nlohmann::json;
using Strings = std::vector<std::string>;

constexpr unsigned kUser = 4711;

// The user is known to the programs that run within: in a mount namespace of their own the tables
// are other files. Nothing of the machine's is changed.
struct Rootless : NothingLeft {
  Rootless() {
    const std::string home = directory.Path() + "/home";
    std::filesystem::create_directories(home + "/bundle");
    std::filesystem::create_directories(home + "/run");
    MakeRootfs(home + "/bundle/rootfs");
    RunCommand({"chown", "-R", std::to_string(kUser) + ":" + std::to_string(kUser), home});
    WriteFile(Table("passwd"),
              ReadFile("/etc/passwd") + "agentboxtest:x:4711:4711::" + home + ":/bin/sh\n");
    WriteFile(Table("group"), ReadFile("/etc/group") + "agentboxtest:x:4711:\n");
    SetRange("agentboxtest:700000:65536\n");
    config = json::parse(Spec());
    config["process"]["terminal"] = false;
    config["root"]["readonly"] = false;
  }

  std::string Table(const std::string& name) const { return directory.Path() + "/" + name; }
  std::string Home() const { return directory.Path() + "/home"; }

  void SetRange(const std::string& line) const {
    WriteFile(Table("subuid"), line);
    WriteFile(Table("subgid"), line);
  }

  // As the user, `script` with $A for agentbox.
  Outcome AsUser(const std::string& script) const {
    std::string line = "mount --make-rprivate /; ";
    for (const char* name : {"passwd", "group", "subuid", "subgid"}) {
      line += "mount --bind " + Table(name) + " /etc/" + name + "; ";
    }
    line += "exec setpriv --reuid 4711 --regid 4711 --clear-groups env HOME=" + Home() +
            " XDG_RUNTIME_DIR=" + Home() + "/run A=" + AgentboxPath() + " sh -c '" + script + "'";
    return RunCommand({"unshare", "--mount", "sh", "-c", line}, {.directory = "/"});
  }

  std::string Spec() const {
    const Outcome outcome =
        AsUser("cd " + Home() + "/bundle && $A spec --rootless && cat config.json");
    if (!outcome.Succeeded()) throw std::runtime_error("spec --rootless: " + outcome.errors);
    return outcome.output;
  }

  Outcome Run(const Strings& args) {
    config["process"]["args"] = args;
    WriteFile(Home() + "/bundle/config.json", config.dump());
    return AsUser("cd " + Home() + "/bundle && $A run " + NewId());
  }

  TemporaryDirectory directory;
  json config;
};

BOOST_FIXTURE_TEST_SUITE(rootless, Rootless)

BOOST_AUTO_TEST_CASE(a_user_runs_a_container_and_is_its_root) {
  const Outcome outcome = Run({"/bin/sh", "-c", "id -u; touch /new /home/user/x && echo written"});
  BOOST_TEST(outcome.output == "0\nwritten\n", outcome.errors);
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(!Exists(Home() + "/bundle/rootfs/new"));
}

BOOST_AUTO_TEST_CASE(without_subordinate_ids_there_is_only_the_users_own) {
  SetRange("");
  const Outcome outcome = Run({"/bin/cat", "/proc/self/uid_map"});
  if (outcome.Succeeded()) {
    BOOST_TEST(outcome.output == "         0       4711          1\n");
  } else {
    CheckFails(outcome, 1, "subordinate");
  }
}

BOOST_AUTO_TEST_CASE(mappings_that_the_user_does_not_have_are_refused) {
  config["linux"]["uidMappings"] = {{{"containerID", 0}, {"hostID", 0}, {"size", 1}}};
  CheckFails(Run({"/bin/true"}), 1, "linux.uidMappings");
}

BOOST_AUTO_TEST_CASE(the_whole_life_of_a_container) {
  config["process"]["args"] = {"/bin/sleep", "1000"};
  WriteFile(Home() + "/bundle/config.json", config.dump());
  const std::string id = NewId();
  const Outcome outcome = AsUser("cd " + Home() + "/bundle && $A create " + id +
                                 " >/dev/null 2>&1 </dev/null && $A start " + id + " && $A exec " +
                                 id + " /bin/echo inside && $A list -q && $A kill " + id +
                                 " KILL && $A delete --force " + id + " && $A list -q && echo end");
  BOOST_TEST(outcome.output == "inside\n" + id + "\nend\n", outcome.errors);
}

BOOST_AUTO_TEST_CASE(the_hosts_files_of_root_stay_out_of_reach) {
  const std::string secret = directory.Path() + "/secret";
  WriteFile(secret, "of root\n");
  ::chmod(secret.c_str(), 0600);
  config["mounts"].push_back(
      {{"destination", "/secret"}, {"type", "bind"}, {"source", secret}, {"options", {"bind"}}});
  const Outcome outcome = Run({"/bin/cat", "/secret"});
  BOOST_TEST(outcome.status != 0);
  BOOST_TEST(outcome.output == "");
}

// In a volume that waits for review.
struct RootlessReview : Rootless {
  RootlessReview() {
    std::filesystem::create_directories(work);
    WriteFile(work + "/file", "host");
    RunCommand({"chown", "-R", "4711:4711", work});
    config["mounts"].push_back(
        {{"destination", "/work"}, {"type", "bind"}, {"source", work}, {"options", {"bind"}}});
    config["annotations"] = {{"dev.agentbox.mount./work", "review"}};
    for (const char* kind : {"uidMappings", "gidMappings"}) {
      config["linux"][kind] = {{{"containerID", 0}, {"hostID", kUser}, {"size", 1}},
                               {{"containerID", 1}, {"hostID", 700000}, {"size", 1000}}};
    }
    for (const char* set : {"bounding", "effective", "permitted"})
      config["process"]["capabilities"][set].push_back("CAP_CHOWN");
  }

  void Review(const std::string& script) {
    const Outcome outcome = Run({"/bin/sh", "-ec", "cd /work; " + script});
    BOOST_TEST(outcome.status == 0, outcome.errors);
  }

  // A command on the review.
  void Agentbox(const std::string& command) const {
    const Outcome outcome = AsUser("cd " + work + " && $A " + command);
    BOOST_TEST(outcome.status == 0, outcome.output << outcome.errors);
    CheckNoneWaits();
  }

  void CheckNoneWaits() const {
    BOOST_TEST(AsUser("ls -A ~/.local/share/agentbox/@reviews").output == "");
  }

  std::string Owners() const {
    return RunCommand({"sh", "-c", "find . -printf '%P %u:%g %m\\n' | sort"}, {.directory = work})
        .output;
  }

  std::string work = Home() + "/work";
};

BOOST_FIXTURE_TEST_CASE(what_was_given_to_subordinate_ids_is_applied_and_discarded,
                        RootlessReview) {
  Review("chown 5:6 file; mkdir -m 700 own; echo x > own/file; chown 7:8 own/file own");
  Agentbox("apply");
  const std::string applied =
      " 4711:4711 755\nfile 700004:700005 644\nown 700006:700007 700\n"
      "own/file 700006:700007 644\n";
  BOOST_TEST(Owners() == applied);
  Review("chown 9:9 own; mkdir -m 700 new; echo x > new/file; chown 9:9 new/file new");
  Agentbox("discard");
  Review("chown 9:9 own; chown 7:8 own");
  CheckNoneWaits();
  BOOST_TEST(Owners() == applied);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
