// config.json's `linux`, `hostname` and the like, seen from inside (config-linux.md).
#include <boost/test/unit_test.hpp>

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

BOOST_AUTO_TEST_CASE(the_memory_policy_is_set) {
  bundle.config["ociVersion"] = "1.3.0";
  bundle.config["linux"]["memoryPolicy"] = {{"mode", "MPOL_BIND"}, {"nodes", "0"}};
  CheckFacts(bundle, {"linux.memoryPolicy.mode"});
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
