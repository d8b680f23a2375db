#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "spec/read_config.h"
#include "unit/spec/config_text.h"

namespace agentbox::spec {
namespace {

std::string ErrorOfResources(const std::string& members) {
  return ErrorOf(WithLinux(R"("resources": {)" + members + "}"));
}

std::string ErrorOfSeccomp(const std::string& members) {
  return ErrorOf(WithLinux(R"("seccomp": {)" + members + "}"));
}

BOOST_AUTO_TEST_SUITE(spec_read_resources)

BOOST_AUTO_TEST_CASE(memory_cpu_and_pids_are_read) {
  const auto resources = ReadResources(R"({
    "memory": {"limit": 1, "reservation": 2, "swap": -1, "kernel": 4, "kernelTCP": 5,
               "swappiness": 60, "disableOOMKiller": true, "useHierarchy": false,
               "checkBeforeUpdate": true},
    "cpu": {"shares": 1024, "quota": -1, "burst": 3, "period": 100000, "realtimeRuntime": 5,
            "realtimePeriod": 6, "cpus": "0-1", "mems": "0", "idle": 1},
    "pids": {"limit": -1}})");
  BOOST_REQUIRE_MESSAGE(resources, MessageOf(resources));
  const Memory& memory = *resources->memory;
  BOOST_TEST(*memory.limit + *memory.reservation + *memory.kernel + *memory.kernel_tcp == 12);
  BOOST_TEST(*memory.swap == -1);
  BOOST_TEST(*memory.swappiness == 60U);
  BOOST_TEST(*memory.disable_oom_killer);
  BOOST_TEST(!*memory.use_hierarchy);
  BOOST_TEST(*memory.check_before_update);
  const Cpu& cpu = *resources->cpu;
  BOOST_TEST(*cpu.shares == 1024U);
  BOOST_TEST(*cpu.quota == -1);
  BOOST_TEST(*cpu.burst == 3U);
  BOOST_TEST(*cpu.period == 100000U);
  BOOST_TEST(*cpu.realtime_runtime == 5);
  BOOST_TEST(*cpu.realtime_period == 6U);
  BOOST_TEST(cpu.cpus + " " + cpu.mems == "0-1 0");
  BOOST_TEST(*cpu.idle == 1);
  BOOST_TEST(*resources->pids_limit == -1);
}

BOOST_AUTO_TEST_CASE(devices_and_block_io_are_read) {
  const auto resources = ReadResources(R"({
    "devices": [{"allow": false, "access": "rwm"},
                {"allow": true, "type": "c", "major": 1, "minor": -1, "access": "r"},
                {"allow": true, "type": ""}],
    "blockIO": {"weight": 10, "leafWeight": 20,
      "weightDevice": [{"major": 8, "minor": 0, "weight": 30, "leafWeight": 40}],
      "throttleReadBpsDevice": [{"major": 8, "minor": 1, "rate": 1}],
      "throttleWriteBpsDevice": [{"major": 8, "minor": 2, "rate": 2}],
      "throttleReadIOPSDevice": [{"major": 8, "minor": 3, "rate": 3}],
      "throttleWriteIOPSDevice": [{"major": 8, "minor": 4, "rate": 18446744073709551615}]}})");
  BOOST_REQUIRE_MESSAGE(resources, MessageOf(resources));
  BOOST_TEST(!resources->devices.at(0).allow);
  BOOST_TEST(!resources->devices.at(0).major);
  BOOST_TEST(resources->devices.at(1).type == "c");
  BOOST_TEST(*resources->devices.at(1).minor == -1);
  BOOST_TEST(resources->devices.at(1).access == "r");
  const BlockIo& io = *resources->block_io;
  BOOST_TEST(*io.weight + *io.leaf_weight == 30);
  BOOST_TEST(*io.weight_device.at(0).weight + *io.weight_device.at(0).leaf_weight == 70);
  BOOST_TEST(io.throttle_read_bps_device.at(0).rate == 1U);
  BOOST_TEST(io.throttle_write_bps_device.at(0).rate == 2U);
  BOOST_TEST(io.throttle_read_iops_device.at(0).rate == 3U);
  BOOST_TEST(io.throttle_write_iops_device.at(0).rate == UINT64_MAX);
  BOOST_TEST(io.throttle_write_iops_device.at(0).minor == 4);
}

BOOST_AUTO_TEST_CASE(the_other_resources_are_read) {
  const auto resources = ReadResources(R"({
    "hugepageLimits": [{"pageSize": "2MB", "limit": 9}],
    "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
    "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}},
    "unified": {"memory.high": "1"}})");
  BOOST_REQUIRE_MESSAGE(resources, MessageOf(resources));
  BOOST_TEST(resources->hugepage_limits.at(0).page_size == "2MB");
  BOOST_TEST(resources->hugepage_limits.at(0).limit == 9U);
  BOOST_TEST(*resources->network->class_id == 1048577U);
  BOOST_TEST(resources->network->priorities.at(0).name == "eth0");
  BOOST_TEST(resources->network->priorities.at(0).priority == 500U);
  BOOST_TEST(*resources->rdma.at("mlx5_1").hca_handles == 3U);
  BOOST_TEST(*resources->rdma.at("mlx5_1").hca_objects == 10000U);
  BOOST_TEST(resources->unified.at("memory.high") == "1");
  BOOST_TEST(!resources->pids_limit);
  BOOST_TEST(!resources->memory);
}

BOOST_AUTO_TEST_CASE(what_docker_writes_for_unset_is_unset) {
  const auto resources = ReadResources(R"({"memory": {"swappiness": 18446744073709551615}})");
  BOOST_REQUIRE_MESSAGE(resources, MessageOf(resources));
  BOOST_TEST(!resources->memory->swappiness);
}

BOOST_AUTO_TEST_CASE(a_resource_of_a_wrong_type_is_an_error_with_its_path) {
  BOOST_TEST(ErrorOfResources(R"("memory": {"limit": "1g"})") ==
             "linux.resources.memory.limit: expected an integer, found the string \"1g\"");
  BOOST_TEST(ErrorOfResources(R"("memory": {"limit": 9223372036854775808})") ==
             "linux.resources.memory.limit: expected an integer from -9223372036854775808 to "
             "9223372036854775807, found the number 9223372036854775808");
  BOOST_TEST(ErrorOfResources(R"("cpu": {"shares": -1})") ==
             "linux.resources.cpu.shares: expected an unsigned integer from 0 to "
             "18446744073709551615, found the number -1");
  BOOST_TEST(ErrorOfResources(R"("pids": 5)") ==
             "linux.resources.pids: expected an object, found the number 5");
  BOOST_TEST(ErrorOfResources(R"("devices": [{"access": "rwm"}])") ==
             "linux.resources.devices[0].allow: is required");
  BOOST_TEST(ErrorOfResources(R"("devices": [{"allow": true, "type": "x"}])") ==
             "linux.resources.devices[0].type: \"x\" is not a type of device (a, b, c)");
  BOOST_TEST(ErrorOfResources(R"("blockIO": {"weight": 65536})") ==
             "linux.resources.blockIO.weight: expected an unsigned integer from 0 to 65535, found "
             "the number 65536");
  BOOST_TEST(
      ErrorOfResources(R"("blockIO": {"throttleReadBpsDevice": [{"major": 1, "minor": 2}]})") ==
      "linux.resources.blockIO.throttleReadBpsDevice[0].rate: is required");
  BOOST_TEST(ErrorOfResources(R"("unified": {"memory.high": 1})") ==
             "linux.resources.unified.memory.high: expected a string, found the number 1");
  BOOST_TEST(ErrorOfResources(R"("network": {"classID": 4294967296})") ==
             "linux.resources.network.classID: expected an unsigned integer from 0 to 4294967295, "
             "found the number 4294967296");
  BOOST_TEST(ReadResources(R"({"memory": []})").error().ToString() ==
             "memory: expected an object, found a list");
}

BOOST_AUTO_TEST_CASE(the_rules_of_resources_are_kept) {
  BOOST_TEST(ErrorOfResources(R"("devices": [{"allow": true, "access": "rx"}])") ==
             "linux.resources.devices[0].access: \"rx\" is not made of r, w, m");
  BOOST_TEST(ErrorOfResources(R"("devices": [{"allow": true, "major": -2}])") ==
             "linux.resources.devices[0].major: expected an integer from -1 to 4294967295, found "
             "-2");
  BOOST_TEST(ErrorOfResources(R"("memory": {"swappiness": 101})") ==
             "linux.resources.memory.swappiness: expected an integer from 0 to 100, found 101");
  for (const char* size : {"2M", "MB", "0MB", "-2MB", "2 MB", "../2MB", "2MB/x", "2TB"}) {
    BOOST_TEST(ErrorOfResources(R"("hugepageLimits": [{"limit": 1, "pageSize": ")" +
                                std::string(size) + "\"}]") ==
               "linux.resources.hugepageLimits[0].pageSize: \"" + std::string(size) +
                   "\" is not a page size, such as \"2MB\"");
  }
  BOOST_TEST(ErrorOfResources(R"("hugepageLimits": [{"limit": 1, "pageSize": "2MB"},
                                                    {"limit": 2, "pageSize": "2MB"}])") ==
             "linux.resources.hugepageLimits[1].pageSize: the page size is there twice");
  BOOST_TEST(ErrorOfResources(R"("unified": {"../cgroup.procs": "1"})") ==
             "linux.resources.unified.../cgroup.procs: is not the name of a file in a cgroup");
  BOOST_TEST(ErrorOfResources(R"("rdma": {"a b": {}})") ==
             "linux.resources.rdma[\"a b\"]: is not the name of a device");
  BOOST_TEST(ErrorOfResources(R"("network": {"priorities": [{"name": "a b", "priority": 1}]})") ==
             "linux.resources.network.priorities[0].name: \"a b\" is not a name of an interface");
}

BOOST_AUTO_TEST_CASE(seccomp_is_read) {
  const auto config = ReadConfig(WithLinux(R"("seccomp": {
    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
    "listenerPath": "/run/l.sock", "listenerMetadata": "m",
    "syscalls": [{"names": ["a", "b"], "action": "SCMP_ACT_TRACE", "errnoRet": 65535, "args": [
      {"index": 5, "value": 18446744073709551615, "valueTwo": 7, "op": "SCMP_CMP_MASKED_EQ"}]}]})"));
  BOOST_REQUIRE_MESSAGE(config, MessageOf(config));
  const Seccomp& seccomp = *config->linux_->seccomp;
  BOOST_TEST(seccomp.default_action == "SCMP_ACT_ERRNO");
  BOOST_TEST(*seccomp.default_errno_ret == 38U);
  BOOST_TEST(Join(seccomp.architectures, " ") == "SCMP_ARCH_X86_64 SCMP_ARCH_X32");
  BOOST_TEST(Join(seccomp.flags, " ") == "SECCOMP_FILTER_FLAG_LOG");
  BOOST_TEST(seccomp.listener_path + " " + seccomp.listener_metadata == "/run/l.sock m");
  const SeccompRule& rule = seccomp.syscalls.at(0);
  BOOST_TEST(Join(rule.names, " ") + " " + rule.action == "a b SCMP_ACT_TRACE");
  BOOST_TEST(*rule.errno_ret == 65535U);
  BOOST_TEST(rule.args.at(0).index == 5U);
  BOOST_TEST(rule.args.at(0).value == UINT64_MAX);
  BOOST_TEST(rule.args.at(0).value_two == 7U);
  BOOST_TEST(rule.args.at(0).op == "SCMP_CMP_MASKED_EQ");
}

BOOST_AUTO_TEST_CASE(an_unknown_name_in_seccomp_is_an_error) {
  BOOST_TEST(ErrorOfSeccomp("") == "linux.seccomp.defaultAction: is required");
  BOOST_TEST(ErrorOfSeccomp(R"("defaultAction": "SCMP_ACT_DENY")") ==
             "linux.seccomp.defaultAction: \"SCMP_ACT_DENY\" is not a seccomp action "
             "(SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, "
             "SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE, SCMP_ACT_TRAP)");
  const std::string allow = R"("defaultAction": "SCMP_ACT_ALLOW", )";
  BOOST_TEST(ErrorOfSeccomp(allow + R"("architectures": ["amd64"])")
                 .starts_with("linux.seccomp.architectures[0]: \"amd64\" is not a seccomp "
                              "architecture (SCMP_ARCH_AARCH64, "));
  BOOST_TEST(ErrorOfSeccomp(allow + R"("flags": ["X"])") ==
             "linux.seccomp.flags[0]: \"X\" is not a seccomp flag (SECCOMP_FILTER_FLAG_LOG, "
             "SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_TSYNC, "
             "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)");
  BOOST_TEST(ErrorOfSeccomp(allow + R"("syscalls": [{"names": ["a"], "action": "SCMP_ACT_LOG",
                              "args": [{"index": 0, "value": 0, "op": "=="}]}])") ==
             "linux.seccomp.syscalls[0].args[0].op: \"==\" is not a seccomp operator (SCMP_CMP_EQ, "
             "SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_LE, SCMP_CMP_LT, SCMP_CMP_MASKED_EQ, "
             "SCMP_CMP_NE)");
}

BOOST_AUTO_TEST_CASE(the_rules_of_seccomp_are_kept) {
  const std::string allow = R"("defaultAction": "SCMP_ACT_ALLOW", )";
  const auto rule_error = [&](const std::string& members) {
    return ErrorOfSeccomp(allow + R"("syscalls": [{)" + members + "}]");
  };
  BOOST_TEST(rule_error(R"("names": [], "action": "SCMP_ACT_LOG")") ==
             "linux.seccomp.syscalls[0].names: names no system call");
  BOOST_TEST(rule_error(R"("names": ["a"], "action": "SCMP_ACT_ERRNO", "errnoRet": 4096)") ==
             "linux.seccomp.syscalls[0].errnoRet: expected an integer from 0 to 4095, found 4096");
  BOOST_TEST(rule_error(R"("names": ["a"], "action": "SCMP_ACT_LOG", "errnoRet": 1)") ==
             "linux.seccomp.syscalls[0].errnoRet: is only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE");
  BOOST_TEST(rule_error(R"("names": ["a"], "action": "SCMP_ACT_LOG", "args": [{"index": 6,
                           "value": 0, "op": "SCMP_CMP_EQ"}])") ==
             "linux.seccomp.syscalls[0].args[0].index: expected an integer from 0 to 5, found 6");
  BOOST_TEST(ErrorOfSeccomp(allow + R"("defaultErrnoRet": 1)") ==
             "linux.seccomp.defaultErrnoRet: is only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE");
  BOOST_TEST(ErrorOfSeccomp(allow + R"("listenerMetadata": "m")") ==
             "linux.seccomp.listenerMetadata: is only for a listenerPath");
  BOOST_TEST(ErrorOfSeccomp(allow + R"("listenerPath": "l.sock")") ==
             "linux.seccomp.listenerPath: \"l.sock\" is not an absolute path");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::spec
