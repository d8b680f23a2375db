// The systemd cgroup driver of the real binary. Where systemd runs the host on cgroup v2, in the
// virtual machines and below tests/e2e/systemd.sh, a container is a scope; elsewhere the driver is
// refused with the reason.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"
#include "support/host_cgroup.h"

namespace agentbox::test {
namespace {

using Strings = std::vector<std::string>;

bool HasSystemd() {
  return Exists("/run/systemd/system");
}

std::string CgroupOf(const std::string& pid) {
  return ReadFile("/proc/" + pid + "/cgroup");
}

struct Scopes : Box {
  Scopes() {
    bundle.config["linux"]["cgroupsPath"] = "system.slice:agent:" + bundle.Id();
    bundle.Args({"/bin/sleep", "1000"});
  }

  std::string Scope() const { return "agent-" + bundle.Id() + ".scope"; }

  std::string Property(const std::string& name) const {
    return Chomp(RunCommand({"systemctl", "show", "--value", "-p", name, Scope()}).output);
  }

  Outcome Create(const Strings& driver) const {
    Strings args = driver;
    args.insert(args.end(), {"create", "--bundle", bundle.Path(), bundle.Id()});
    return bundle.Agentbox(args, {.output_file = bundle.OutputFile()});
  }

  // True where the driver can work; where not, what it says of that was looked at.
  bool IsCreated(const Strings& driver) const {
    const HostCgroup cgroup;
    const Outcome outcome = Create(driver);
    if (cgroup.IsV2() && HasSystemd()) {
      BOOST_TEST(outcome.status == 0, outcome.errors);
      return outcome.Succeeded();
    }
    CheckFails(outcome,
               1,
               cgroup.IsV2() ? "this host was not started by systemd; use the cgroupfs driver"
                             : "needs cgroup v2 alone on the host");
    CheckNothingLeft(bundle);
    return false;
  }

  void CheckScope() const {
    BOOST_TEST(bundle.Start().status == 0);
    const std::string cgroup = CgroupOf(std::to_string(bundle.Pid()));
    BOOST_TEST(cgroup.ends_with("/system.slice/" + Scope() + "\n"), cgroup);
    BOOST_TEST(Property("ActiveState") == "active");
    BOOST_TEST(Property("Slice") == "system.slice");
    BOOST_TEST(Property("Delegate") == "yes");
    BOOST_TEST(Property("Description") == "agentbox container " + Scope());
    bundle.Delete();
    BOOST_TEST(Property("LoadState") == "not-found");
    CheckNothingLeft(bundle);
  }
};

BOOST_FIXTURE_TEST_SUITE(systemd_scopes, Scopes)

BOOST_AUTO_TEST_CASE(by_cgroup_manager_systemd_a_container_is_a_scope) {
  if (IsCreated({"--cgroup-manager", "systemd"})) CheckScope();
}

BOOST_AUTO_TEST_CASE(by_systemd_cgroup_a_container_is_a_scope) {
  if (IsCreated({"--systemd-cgroup"})) CheckScope();
}

BOOST_AUTO_TEST_CASE(later_commands_find_the_scope_by_themselves) {
  if (!IsCreated({"--systemd-cgroup"})) return;
  BOOST_REQUIRE(bundle.Start().status == 0);
  const std::string file = bundle.Directory() + "/pid";
  BOOST_TEST(bundle.Exec({"/bin/sleep", "1000"}, {"--detach", "--pid-file", file}).status == 0);
  BOOST_TEST(CgroupOf(ReadFile(file)).ends_with("/system.slice/" + Scope() + "\n"));
  BOOST_TEST(bundle.Command("pause").status == 0);
  BOOST_TEST(Chomp(ReadFile("/sys/fs/cgroup/system.slice/" + Scope() + "/cgroup.freeze")) == "1");
  BOOST_TEST(bundle.Status() == "paused");
  BOOST_TEST(bundle.Command("resume").status == 0);
  const bool can_limit = HostCgroup().Has("pids.max");
  const Outcome outcome = bundle.Command("update", {"--pids-limit", "44"});
  if (can_limit) {
    BOOST_TEST(outcome.status == 0, outcome.errors);
    BOOST_TEST(Property("TasksMax") == "44");
  } else {
    CheckFails(outcome, 1, "linux.resources.pids.limit");
  }
  BOOST_TEST(RunCommand({"systemctl", "kill", "--signal", "KILL", Scope()}).status == 0);
  BOOST_TEST(Eventually([this] { return bundle.Status() == "stopped"; }));
}

BOOST_AUTO_TEST_CASE(a_path_that_is_no_scope_is_refused) {
  bundle.config["linux"]["cgroupsPath"] = "/some/path";
  const bool can_work = HostCgroup().IsV2() && HasSystemd();
  CheckFails(Create({"--systemd-cgroup"}),
             1,
             can_work ? "linux.cgroupsPath: expected slice:prefix:name" : "--systemd-cgroup");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(cgroup_manager_cgroupfs_makes_no_scope) {
  bundle.config["linux"]["cgroupsPath"] = "/" + bundle.Id();
  BOOST_TEST(Create({"--cgroup-manager", "cgroupfs"}).status == 0);
  const std::string cgroup = CgroupOf(std::to_string(bundle.Pid()));
  BOOST_TEST(cgroup.find(":/" + bundle.Id() + "\n") != std::string::npos, cgroup);
  BOOST_TEST(cgroup.find(".scope") == std::string::npos, cgroup);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
