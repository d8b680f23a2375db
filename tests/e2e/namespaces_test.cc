// Namespaces by path: an engine's network, and pods (config-linux.md#namespaces).
#include "support/namespaces.h"

#include <sched.h>

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "support/facts.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

std::string PathOf(const Bundle& bundle, const std::string& type) {
  return "/proc/" + std::to_string(bundle.Pid()) + "/ns/" + type;
}

std::string UidMapOf(const Bundle& bundle) {
  return ReadFile("/proc/" + std::to_string(bundle.Pid()) + "/uid_map");
}

BOOST_FIXTURE_TEST_SUITE(namespaces, Box)

BOOST_AUTO_TEST_CASE(a_network_of_the_hosts_is_joined) {
  const HeldNamespaces held(CLONE_NEWNET);
  bundle.Namespace("network", held.Path("net"));
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  BOOST_TEST(NamespaceOf("net", bundle.Pid()) == NamespaceOf("net", held.Pid()));
  BOOST_TEST(bundle.ExecOutputOf({"/bin/ls", "/sys/class/net"}) == "lo");
}

BOOST_AUTO_TEST_CASE(sysctls_of_a_network_by_path_are_set_in_it) {
  const HeldNamespaces held(CLONE_NEWNET);
  bundle.Namespace("network", held.Path("net"));
  bundle.config["linux"]["sysctl"] = {{"net.ipv4.ping_group_range", "0 2147483647"},
                                      {"net.ipv4.ip_unprivileged_port_start", "0"}};
  BOOST_TEST(bundle.OutputOf({"/bin/cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"}) == "0");
}

BOOST_AUTO_TEST_CASE(a_pod_shares_network_ipc_and_host_name) {
  bundle.config["hostname"] = "pod";
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  Bundle member;
  member.config.erase("hostname");
  member.Namespace("network", PathOf(bundle, "net"))
      .Namespace("ipc", PathOf(bundle, "ipc"))
      .Namespace("uts", PathOf(bundle, "uts"));
  member.Args({"/bin/sleep", "1000"}).Launch();
  for (const char* type : {"net", "ipc", "uts", "user"}) {
    BOOST_TEST(NamespaceOf(type, member.Pid()) == NamespaceOf(type, bundle.Pid()), type);
  }
  for (const char* type : {"pid", "mnt"}) {
    BOOST_TEST(NamespaceOf(type, member.Pid()) != NamespaceOf(type, bundle.Pid()), type);
  }
  BOOST_TEST(UidMapOf(member) == UidMapOf(bundle));
  BOOST_TEST(member.ExecOutputOf({"/bin/hostname"}) == "pod");
}

BOOST_AUTO_TEST_CASE(a_pod_shares_the_processes_too) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  Bundle member;
  member.config.erase("hostname");
  for (const auto& [type, file] : std::vector<std::pair<std::string, std::string>>{
           {"network", "net"}, {"ipc", "ipc"}, {"uts", "uts"}, {"pid", "pid"}}) {
    member.Namespace(type, PathOf(bundle, file));
  }
  BOOST_TEST(member.OutputOf({"/bin/sh", "-c", "cat /proc/1/comm; echo $$ | grep -vc '^1$'"}) ==
             "sleep\n1");
}

BOOST_AUTO_TEST_CASE(the_range_of_a_pod_is_free_only_after_its_last_container) {
  Bundle member;
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  member.config.erase("hostname");
  member.Namespace("network", PathOf(bundle, "net"))
      .Namespace("ipc", PathOf(bundle, "ipc"))
      .Namespace("uts", PathOf(bundle, "uts"));
  member.Args({"/bin/sleep", "1000"}).Launch();
  const std::string map = UidMapOf(bundle);
  bundle.Delete();
  Bundle stranger({"/bin/sleep", "1000"});
  stranger.Launch();
  BOOST_TEST(UidMapOf(stranger) != map);
  BOOST_TEST(UidMapOf(member) == map);
}

BOOST_AUTO_TEST_CASE(a_network_of_the_hosts_and_the_ipc_of_a_container_mix) {
  const HeldNamespaces held(CLONE_NEWNET);
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  Bundle member;
  member.Namespace("network", held.Path("net")).Namespace("ipc", PathOf(bundle, "ipc"));
  member.Args({"/bin/sleep", "1000"}).Launch();
  BOOST_TEST(NamespaceOf("net", member.Pid()) == NamespaceOf("net", held.Pid()));
  BOOST_TEST(NamespaceOf("ipc", member.Pid()) == NamespaceOf("ipc", bundle.Pid()));
}

BOOST_AUTO_TEST_CASE(a_user_namespace_is_joined_by_path) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const HeldNamespaces held(CLONE_NEWNET);
  Bundle member;
  member.Namespace("user", PathOf(bundle, "user")).Namespace("network", held.Path("net"));
  member.Args({"/bin/sleep", "1000"}).Launch();
  BOOST_TEST(NamespaceOf("user", member.Pid()) == NamespaceOf("user", bundle.Pid()));
  BOOST_TEST(NamespaceOf("ipc", member.Pid()) != NamespaceOf("ipc", bundle.Pid()));
}

BOOST_AUTO_TEST_CASE(a_path_that_is_missing_or_of_another_type_is_refused) {
  bundle.Namespace("network", "/no/such/namespace");
  CheckFails(bundle.Run(), 1, "linux.namespaces[4]");
  bundle.Namespace("network", "/proc/self/ns/uts");
  CheckFails(bundle.Run(), 1, "linux.namespaces[4]");
  bundle.Namespace("network", "/etc/passwd");
  CheckFails(bundle.Run(), 1, "linux.namespaces[4]");
  CheckNothingLeft(bundle);
}

// A user namespace lets nobody make a network namespace in it; the runtime's is of the host.
BOOST_AUTO_TEST_CASE(one_who_joins_the_ipc_or_the_processes_alone_has_a_network_of_its_own) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  for (const auto& [type, file] :
       std::vector<std::pair<std::string, std::string>>{{"ipc", "ipc"}, {"pid", "pid"}}) {
    Bundle member;
    member.Namespace(type, PathOf(bundle, file));
    member.Args({"/bin/sleep", "1000"}).Launch();
    BOOST_TEST(NamespaceOf(file, member.Pid()) == NamespaceOf(file, bundle.Pid()));
    BOOST_TEST(NamespaceOf("net", member.Pid()) != NamespaceOf("net", bundle.Pid()));
    BOOST_TEST(NamespaceOf("net", member.Pid()) != NamespaceOf("net", ::getpid()));
    BOOST_TEST(member.ExecOutputOf({"/bin/ls", "/sys/class/net"}) == "lo");
    BOOST_TEST(member.ExecOutputOf({"/bin/cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"}) ==
               "0");
    BOOST_TEST(!member.Exec({"/bin/unshare", "--net", "/bin/true"}).Succeeded());
  }
}

Outcome RunWithHostNamespaces(const Bundle& bundle, const std::vector<std::string>& kinds) {
  const std::string policy = bundle.Directory() + "/policy.json";
  WriteFile(policy, json{{"namespaces", {{"host", kinds}}}}.dump());
  return bundle.Agentbox({"--policy", policy, "run", "--bundle", bundle.Path(), bundle.Id()});
}

// As Docker gives the host's network.
BOOST_AUTO_TEST_CASE(the_hosts_own_network_by_path_is_the_policys_to_give) {
  bundle.Namespace("network", "/proc/self/ns/net").Args({"/bin/readlink", "/proc/self/ns/net"});
  CheckFails(RunWithHostNamespaces(bundle, {"ipc"}),
             1,
             "is the host's own network namespace; the policy key namespaces.host has to name "
             "\"network\" to allow it");
  const Outcome shared = RunWithHostNamespaces(bundle, {"network"});
  BOOST_TEST(Chomp(shared.output) == NamespaceOf("net", ::getpid()));
  bundle.config["linux"]["sysctl"] = {{"net.ipv4.ip_forward", "1"}};
  CheckFails(RunWithHostNamespaces(bundle, {"network"}), 1, "linux.sysctl.net.ipv4.ip_forward");
}

BOOST_AUTO_TEST_CASE(the_hosts_processes_are_shown_where_the_policy_gives_them) {
  bundle.config["linux"]["namespaces"].erase(0);  // pid
  const std::string own = "/proc/" + std::to_string(::getpid());
  bundle.Args({"/bin/sh", "-c", "cat " + own + "/comm; cat " + own + "/environ"});
  const Outcome outcome = RunWithHostNamespaces(bundle, {"pid"});
  BOOST_TEST(Chomp(outcome.output) == Chomp(ReadFile("/proc/self/comm")), outcome.errors);
  BOOST_TEST(outcome.errors.find("Permission denied") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_namespace_of_the_host_by_absence_is_refused_unless_the_policy_allows_it) {
  json& all = bundle.config["linux"]["namespaces"];
  all.erase(0);  // pid
  const Outcome outcome = bundle.Run();
  CheckFails(outcome, 1, "pid");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
