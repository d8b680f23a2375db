// config.json's `linux`, `hostname` and the like, seen from inside (config-linux.md).
#include <linux/seccomp.h>
#include <sys/ioctl.h>

#include <cerrno>

#include <boost/test/unit_test.hpp>

#include "support/console_socket.h"
#include "support/facts.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

BOOST_FIXTURE_TEST_SUITE(linux_fields, Box)

BOOST_AUTO_TEST_CASE(host_and_domain_name_are_set) {
  bundle.config["hostname"] = "agent";
  bundle.config["domainname"] = "example.org";
  CheckFacts(bundle, {"hostname", "domainname"});
}

BOOST_AUTO_TEST_CASE(sysctls_are_set) {
  bundle.config["linux"]["sysctl"] = {{"net.ipv4.ip_forward", "1"},
                                      {"net.ipv4.ip_unprivileged_port_start", "0"},
                                      {"kernel.msgmax", "65536"}};
  CheckFacts(bundle, {"linux.sysctl net.ipv4.ip_forward", "linux.sysctl kernel.msgmax"});
}

BOOST_AUTO_TEST_CASE(a_fifo_and_a_device_are_made) {
  bundle.config["linux"]["devices"] =
      json::parse(R"([{"path": "/dev/pipe", "type": "p", "fileMode": 416, "uid": 7, "gid": 8},
                      {"path": "/dev/again/null", "type": "c", "major": 1, "minor": 3,
                       "fileMode": 438, "uid": 0, "gid": 0}])");
  CheckFacts(bundle,
             {"linux.devices /dev/pipe uid",
              "linux.devices /dev/pipe fileMode",
              "linux.devices /dev/again/null opens"});
}

BOOST_AUTO_TEST_CASE(the_personality_is_set) {
  bundle.config["linux"]["personality"] = {{"domain", "LINUX32"}};
  CheckFacts(bundle, {"linux.personality.domain"});
}

// Asks by a call that is refused otherwise.
void LetAskForMemoryPolicy(Bundle& bundle) {
  bundle.Policy({{"seccomp", {{"allow", {"get_mempolicy"}}}}});
}

BOOST_AUTO_TEST_CASE(the_memory_policy_has_its_mode_flags_and_nodes) {
  LetAskForMemoryPolicy(bundle);
  bundle.config["ociVersion"] = "1.3.0";
  const json mounts = bundle.config["mounts"];
  const auto check = [&](const json& policy) {
    BOOST_TEST_INFO_SCOPE(policy);
    bundle.config["mounts"] = mounts;
    bundle.config["linux"]["memoryPolicy"] = policy;
    CheckFacts(bundle,
               {"linux.memoryPolicy.mode", "linux.memoryPolicy.flags", "linux.memoryPolicy.nodes"});
  };
  for (const char* mode : {"MPOL_DEFAULT", "MPOL_LOCAL", "MPOL_PREFERRED"}) {
    check({{"mode", mode}});
  }
  check({{"mode", "MPOL_PREFERRED"}, {"nodes", "0"}, {"flags", {"MPOL_F_STATIC_NODES"}}});
  check({{"mode", "MPOL_BIND"}, {"nodes", "0"}, {"flags", {"MPOL_F_RELATIVE_NODES"}}});
  check({{"mode", "MPOL_INTERLEAVE"}, {"nodes", "0"}});
  check({{"mode", "MPOL_PREFERRED_MANY"}, {"nodes", "0"}});
  check({{"mode", "MPOL_BIND"}, {"nodes", "0"}, {"flags", {"MPOL_F_NUMA_BALANCING"}}});
}

// It is of Linux 6.9: an older kernel refuses it.
BOOST_AUTO_TEST_CASE(a_mode_that_the_kernel_does_not_know_is_refused) {
  LetAskForMemoryPolicy(bundle);
  bundle.config["ociVersion"] = "1.3.0";
  bundle.config["linux"]["memoryPolicy"] = {{"mode", "MPOL_WEIGHTED_INTERLEAVE"}, {"nodes", "0"}};
  if (Exists("/sys/kernel/mm/mempolicy/weighted_interleave")) {
    CheckFacts(bundle, {"linux.memoryPolicy.mode", "linux.memoryPolicy.nodes"});
  } else {
    CheckFails(bundle.Run(), 1, "linux.memoryPolicy: set_mempolicy(2): Invalid argument (EINVAL)");
  }
}

BOOST_AUTO_TEST_CASE(a_time_namespace_has_its_offsets) {
  bundle.Namespace("time");
  bundle.config["linux"]["timeOffsets"] = {{"monotonic", {{"secs", 1000}, {"nanosecs", 5}}},
                                           {"boottime", {{"secs", 86400}}}};
  CheckFacts(bundle,
             {"linux.timeOffsets.monotonic", "linux.timeOffsets.boottime", "namespace time"});
}

BOOST_AUTO_TEST_CASE(all_namespaces_are_others_than_the_hosts) {
  bundle.Namespace("cgroup").Namespace("user");
  bundle.config["linux"]["uidMappings"] = {
      {{"containerID", 0}, {"hostID", 3000000}, {"size", 65536}}};
  bundle.config["linux"]["gidMappings"] = {
      {{"containerID", 0}, {"hostID", 4000000}, {"size", 65536}}};
  CheckFacts(
      bundle,
      {"namespace cgroup", "namespace user", "namespace net", "namespace ipc", "namespace uts"});
  BOOST_TEST(Chomp(bundle.Run({"/bin/cat", "/proc/self/uid_map", "/proc/self/gid_map"}).output) ==
             "         0    3000000      65536\n         0    4000000      65536");
}

BOOST_AUTO_TEST_CASE(a_filter_of_the_config_is_enforced) {
  bundle.config["linux"]["seccomp"] = json::parse(R"({
    "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [
      {"names": ["getpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77},
      {"names": ["umask"], "action": "SCMP_ACT_ERRNO",
       "args": [{"index": 0, "value": 18, "op": "SCMP_CMP_EQ"}]}]})");
  // 140 is getpriority, 95 umask (x86-64).
  BOOST_TEST(
      bundle.OutputOf(
          {"/bin/sh", "-c", "guest syscall 140 0 0; guest syscall 95 18; guest syscall 95 23"}) ==
      "EBADFD\nEPERM\nok");
}

BOOST_AUTO_TEST_CASE(a_filter_that_kills_kills) {
  bundle.config["linux"]["seccomp"] = json::parse(R"({
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["getpriority"], "action": "SCMP_ACT_KILL_PROCESS"}]})");
  BOOST_TEST(bundle.Run({"/bin/sh", "-c", "guest syscall 140 0 0; exit $?"}).status == 128 + 31);
}

// Answers one call of the container's with `error`; false at the deadline.
bool AnswerWith(const UniqueFd& listener, int error) {
  struct seccomp_notif call = {};
  if (::ioctl(listener.Get(), SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) return false;
  struct seccomp_notif_resp answer = {.id = call.id, .val = 0, .error = -error, .flags = 0};
  return ::ioctl(listener.Get(), SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0;
}

BOOST_AUTO_TEST_CASE(a_listener_gets_the_state_and_the_descriptor_and_answers_calls) {
  const ConsoleSocket socket(bundle.Directory() + "/listener");
  bundle.config["annotations"] = {{"org.example", "x"}};
  bundle.config["linux"]["seccomp"] = {
      {"defaultAction", "SCMP_ACT_ALLOW"},
      {"listenerPath", socket.Path()},
      {"listenerMetadata", "for the agent of the test"},
      {"syscalls", {{{"names", {"getpriority"}}, {"action", "SCMP_ACT_NOTIFY"}}}}};
  bundle.Args({"/bin/guest", "syscall", "140", "0", "0"}).Launch();
  std::string text;
  const UniqueFd listener = socket.Receive(text);
  BOOST_REQUIRE(listener);
  const json state = json::parse(text);
  BOOST_TEST(state["fds"] == json({"seccompFd"}));
  BOOST_TEST(state["metadata"] == "for the agent of the test");
  BOOST_TEST(state["pid"] == bundle.Pid());
  BOOST_TEST(state["ociVersion"].is_string());
  BOOST_TEST(state["state"]["id"] == bundle.Id());
  BOOST_TEST(state["state"]["bundle"] == bundle.Path());
  BOOST_TEST(state["state"]["annotations"]["org.example"] == "x");
  BOOST_TEST(AnswerWith(listener, ENOTUNIQ));
  BOOST_TEST(Eventually([this] { return ReadFile(bundle.OutputFile()) == "ENOTUNIQ\n"; }),
             ReadFile(bundle.OutputFile()));
}

BOOST_AUTO_TEST_CASE(a_listener_that_is_not_there_fails_start) {
  bundle.config["linux"]["seccomp"] = {
      {"defaultAction", "SCMP_ACT_ALLOW"},
      {"listenerPath", "/no/such/socket"},
      {"syscalls", {{{"names", {"getpriority"}}, {"action", "SCMP_ACT_NOTIFY"}}}}};
  CheckFails(bundle.Run({"/bin/true"}), 1, "linux.seccomp.listenerPath");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(intel_rdt_without_resctrl_is_refused) {
  bundle.config["linux"]["intelRdt"] = {{"closID", "guaranteed"}};
  CheckFails(bundle.Run(), 1, "linux.intelRdt");
}

BOOST_AUTO_TEST_CASE(a_mount_label_without_selinux_is_refused) {
  bundle.config["linux"]["mountLabel"] = "system_u:object_r:svirt_t:s0";
  CheckFails(bundle.Run(), 1, "linux.mountLabel");
}

BOOST_AUTO_TEST_CASE(unknown_keys_are_ignored) {
  bundle.config["linux"]["weather"] = "fine";
  bundle.config["process"]["mood"] = {{"good", true}};
  BOOST_TEST(bundle.Run().status == 0);
}

BOOST_AUTO_TEST_CASE(versions_up_to_ours_are_accepted) {
  for (const char* version : {"1.0.0", "1.0.2-dev", "1.1.0", "1.2.1", "1.3.0"}) {
    bundle.config["ociVersion"] = version;
    BOOST_TEST(bundle.Run().status == 0, version);
  }
  bundle.config["ociVersion"] = "2.0.0";
  CheckFails(bundle.Run(), 1, "ociVersion");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
