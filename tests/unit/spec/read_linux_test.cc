#include <boost/test/unit_test.hpp>

#include "base/strings.h"
#include "spec/read_config.h"
#include "unit/spec/config_text.h"

namespace agentbox::spec {
namespace {

// `linux` of `members` alone, or the config's error.
Result<Linux> LinuxOf(const std::string& members) {
  const auto config = ReadConfig(
      R"({"ociVersion": "1.3.0", "root": {"path": "rootfs"}, "process": {"user": {"uid": 0,
          "gid": 0}, "cwd": "/", "args": ["sh"]}, "linux": {)" +
      members + "}}");
  if (!config) return Fail(config.error());
  return *config->linux_;
}

std::string ErrorOfLinux(const std::string& members) {
  const auto result = LinuxOf(members);
  return result ? "no error" : result.error().ToString();
}

BOOST_AUTO_TEST_SUITE(spec_read_linux)

BOOST_AUTO_TEST_CASE(namespaces_ids_and_paths_are_read) {
  const auto result = LinuxOf(R"(
    "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
    "gidMappings": [{"containerID": 0, "hostID": 200000, "size": 65536}],
    "namespaces": [{"type": "pid"}, {"type": "network", "path": "/proc/1/ns/net"}, {"type": "ipc"},
                   {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"}, {"type": "time"},
                   {"type": "user"}],
    "sysctl": {"net.ipv4.ip_forward": "1"}, "cgroupsPath": "/a/b",
    "rootfsPropagation": "rslave", "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/bus"],
    "mountLabel": "l", "timeOffsets": {"monotonic": {"secs": -5, "nanosecs": 999999999},
                                       "boottime": {}})");
  BOOST_REQUIRE_MESSAGE(result, MessageOf(result));
  BOOST_TEST((result->uid_mappings.at(0) == abi::IdMapping{0, 100000, 65536}));
  BOOST_TEST((result->gid_mappings.at(0) == abi::IdMapping{0, 200000, 65536}));
  BOOST_TEST(result->namespaces.size() == 8U);
  BOOST_TEST(result->namespaces[1].type + " " + result->namespaces[1].path ==
             "network /proc/1/ns/net");
  BOOST_TEST(result->sysctl.at("net.ipv4.ip_forward") == "1");
  BOOST_TEST(result->cgroups_path == "/a/b");
  BOOST_TEST(result->rootfs_propagation == "rslave");
  BOOST_TEST(Join(result->masked_paths, " ") == "/proc/kcore");
  BOOST_TEST(Join(result->readonly_paths, " ") == "/proc/bus");
  BOOST_TEST(result->mount_label == "l");
  BOOST_TEST(result->time_offsets.at("monotonic").secs == -5);
  BOOST_TEST(result->time_offsets.at("monotonic").nanosecs == 999999999U);
  BOOST_TEST(result->time_offsets.contains("boottime"));
}

BOOST_AUTO_TEST_CASE(devices_and_what_few_hosts_have_are_read) {
  const auto result = LinuxOf(R"(
    "namespaces": [{"type": "network"}],
    "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438,
                 "uid": 1, "gid": 2}, {"path": "/dev/pipe", "type": "p"}],
    "netDevices": {"eth1": {"name": "net0"}, "eth2": {}},
    "intelRdt": {"closID": "c", "schemata": ["L3:0=f"], "l3CacheSchema": "L3:0=ff",
                 "memBwSchema": "MB:0=20", "enableMonitoring": true},
    "memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0-1", "flags": ["MPOL_F_STATIC_NODES"]},
    "personality": {"domain": "LINUX32"})");
  BOOST_REQUIRE_MESSAGE(result, MessageOf(result));
  const Device& device = result->devices.at(0);
  BOOST_TEST(device.path + device.type == "/dev/fusec");
  BOOST_TEST(device.major == 10);
  BOOST_TEST(device.minor == 229);
  BOOST_TEST(device.file_mode.value() == 0666U);
  BOOST_TEST(device.uid.value() + device.gid.value() == 3U);
  BOOST_TEST(!result->devices.at(1).file_mode);
  BOOST_TEST(result->net_devices.at("eth1").name == "net0");
  BOOST_TEST(result->net_devices.at("eth2").name == "");
  BOOST_TEST(result->intel_rdt->clos_id == "c");
  BOOST_TEST(result->intel_rdt->schemata.at(0) == "L3:0=f");
  BOOST_TEST(result->intel_rdt->l3_cache_schema == "L3:0=ff");
  BOOST_TEST(result->intel_rdt->mem_bw_schema == "MB:0=20");
  BOOST_TEST(result->intel_rdt->enable_monitoring);
  BOOST_TEST(result->memory_policy->mode + " " + result->memory_policy->nodes == "MPOL_BIND 0-1");
  BOOST_TEST(result->memory_policy->flags.at(0) == "MPOL_F_STATIC_NODES");
  BOOST_TEST(result->personality->domain == "LINUX32");
}

BOOST_AUTO_TEST_CASE(the_monitoring_flags_of_older_versions_mean_monitoring) {
  BOOST_TEST(LinuxOf(R"("intelRdt": {"enableCMT": true})")->intel_rdt->enable_monitoring);
  BOOST_TEST(LinuxOf(R"("intelRdt": {"enableMBM": true})")->intel_rdt->enable_monitoring);
  BOOST_TEST(!LinuxOf(R"("intelRdt": {"enableMBM": false})")->intel_rdt->enable_monitoring);
}

BOOST_AUTO_TEST_CASE(a_wrong_type_is_an_error_with_its_path) {
  BOOST_TEST(ErrorOfLinux(R"("namespaces": ["pid"])") ==
             "linux.namespaces[0]: expected an object, found the string \"pid\"");
  BOOST_TEST(ErrorOfLinux(R"("namespaces": [{"path": "/x"}])") ==
             "linux.namespaces[0].type: is required");
  BOOST_TEST(ErrorOfLinux(R"("uidMappings": [{"containerID": 0, "hostID": 0}])") ==
             "linux.uidMappings[0].size: is required");
  BOOST_TEST(ErrorOfLinux(R"("gidMappings": [{"containerID": 0, "hostID": -1, "size": 1}])") ==
             "linux.gidMappings[0].hostID: expected an unsigned integer from 0 to 4294967295, "
             "found the number -1");
  BOOST_TEST(ErrorOfLinux(R"("sysctl": {"kernel.shmmax": 1})") ==
             "linux.sysctl.kernel.shmmax: expected a string, found the number 1");
  BOOST_TEST(ErrorOfLinux(R"("devices": [{"path": "/dev/x", "type": "c", "major": 1}])") ==
             "linux.devices[0].minor: is required");
  BOOST_TEST(ErrorOfLinux(R"("netDevices": ["eth0"])") ==
             "linux.netDevices: expected an object, found a list");
  BOOST_TEST(ErrorOfLinux(R"("netDevices": {"eth0": "net0"})") ==
             "linux.netDevices.eth0: expected an object, found the string \"net0\"");
  BOOST_TEST(ErrorOfLinux(R"("timeOffsets": {"monotonic": {"secs": "1"}})") ==
             "linux.timeOffsets.monotonic.secs: expected an integer, found the string \"1\"");
  BOOST_TEST(ErrorOfLinux(R"("intelRdt": {"schemata": "L3:0=f"})") ==
             "linux.intelRdt.schemata: expected a list, found the string \"L3:0=f\"");
  BOOST_TEST(ErrorOfLinux(R"("maskedPaths": [1])") ==
             "linux.maskedPaths[0]: expected a string, found the number 1");
  BOOST_TEST(ErrorOfLinux(R"("cgroupsPath": false)") ==
             "linux.cgroupsPath: expected a string, found false");
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_an_error_that_lists_the_known_ones) {
  BOOST_TEST(ErrorOfLinux(R"("namespaces": [{"type": "pid"}, {"type": "net"}])") ==
             "linux.namespaces[1].type: \"net\" is not a namespace (cgroup, ipc, mount, network, "
             "pid, time, user, uts)");
  BOOST_TEST(ErrorOfLinux(R"("devices": [{"path": "/dev/x", "type": "x"}])") ==
             "linux.devices[0].type: \"x\" is not a type of device (c, b, u, p)");
  BOOST_TEST(ErrorOfLinux(R"("rootfsPropagation": "public")") ==
             "linux.rootfsPropagation: \"public\" is not a mount propagation (private, rprivate, "
             "shared, rshared, slave, rslave, unbindable, runbindable)");
  BOOST_TEST(ErrorOfLinux(R"("personality": {"domain": "BSD"})") ==
             "linux.personality.domain: \"BSD\" is not a personality (LINUX, LINUX32)");
  BOOST_TEST(ErrorOfLinux(R"("personality": {"domain": "LINUX", "flags": ["X"]})") ==
             "linux.personality.flags: the specification defines no flags");
  BOOST_TEST(ErrorOfLinux(R"("memoryPolicy": {"mode": "MPOL_X"})") ==
             "linux.memoryPolicy.mode: \"MPOL_X\" is not a memory policy (MPOL_DEFAULT, "
             "MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, MPOL_PREFERRED_MANY, "
             "MPOL_WEIGHTED_INTERLEAVE)");
  BOOST_TEST(ErrorOfLinux(R"("memoryPolicy": {"mode": "MPOL_BIND", "flags": ["MPOL_F_X"]})") ==
             "linux.memoryPolicy.flags[0]: \"MPOL_F_X\" is not a flag of memory policies "
             "(MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES, MPOL_F_STATIC_NODES)");
  BOOST_TEST(ErrorOfLinux(R"("timeOffsets": {"realtime": {}})") ==
             "linux.timeOffsets.realtime: \"realtime\" is not a clock of time namespaces "
             "(monotonic, boottime)");
}

BOOST_AUTO_TEST_CASE(the_rules_of_devices_are_kept) {
  const auto error = [](const std::string& members) {
    return ErrorOfLinux(R"("devices": [{"type": "c", )" + members + "}]");
  };
  BOOST_TEST(error(R"("path": "dev/x", "major": 1, "minor": 1)") ==
             "linux.devices[0].path: \"dev/x\" is not an absolute path");
  BOOST_TEST(error(R"("path": "/dev/x", "major": 4096, "minor": 1)") ==
             "linux.devices[0].major: expected an integer from 0 to 4095, found 4096");
  BOOST_TEST(error(R"("path": "/dev/x", "major": 1, "minor": -1)") ==
             "linux.devices[0].minor: expected an integer from 0 to 1048575, found -1");
  BOOST_TEST(error(R"("path": "/dev/x", "major": 1, "minor": 1, "fileMode": 65536)") ==
             "linux.devices[0].fileMode: expected an integer from 0 to 65535, found 65536");
  BOOST_TEST(error(R"("path": "/dev/x", "major": 1, "minor": 1, "fileMode": 8630)") == "no error");
}

BOOST_AUTO_TEST_CASE(the_rules_of_network_devices_are_kept) {
  const auto error = [](const std::string& devices) {
    return ErrorOfLinux(R"("namespaces": [{"type": "network"}], "netDevices": )" + devices);
  };
  BOOST_TEST(error(R"({"eth0": {}})") == "no error");
  BOOST_TEST(ErrorOfLinux(R"("netDevices": {"eth0": {}})") ==
             "linux.netDevices: needs a network namespace in linux.namespaces");
  BOOST_TEST(error(R"({"0123456789abcdef": {}})") ==
             "linux.netDevices.0123456789abcdef: \"0123456789abcdef\" is not a name of an "
             "interface");
  BOOST_TEST(error(R"({"eth0": {"name": "a/b"}})") ==
             "linux.netDevices.eth0.name: \"a/b\" is not a name of an interface");
  BOOST_TEST(error(R"({"..": {}})") == "linux.netDevices...: \"..\" is not a name of an interface");
  BOOST_TEST(error(R"({"eth0": {"name": "net"}, "eth1": {"name": "net"}})") ==
             "linux.netDevices.eth1: \"net\" is the name of two interfaces in the container");
}

BOOST_AUTO_TEST_CASE(the_other_rules_are_kept) {
  BOOST_TEST(ErrorOfLinux(R"("maskedPaths": ["/a", "b"])") ==
             "linux.maskedPaths[1]: \"b\" is not an absolute path");
  BOOST_TEST(ErrorOfLinux(R"("readonlyPaths": [""])") ==
             "linux.readonlyPaths[0]: \"\" is not an absolute path");
  BOOST_TEST(ErrorOfLinux(R"("intelRdt": {"closID": "../x"})") ==
             "linux.intelRdt.closID: \"../x\" is not a name");
  BOOST_TEST(ErrorOfLinux(R"("timeOffsets": {"boottime": {"nanosecs": 1000000000}})") ==
             "linux.timeOffsets.boottime.nanosecs: expected an integer from 0 to 999999999, found "
             "1000000000");
  BOOST_TEST(ErrorOfLinux(R"("timeOffsets": {"boottime": {"secs": 1}})") ==
             "linux.timeOffsets: needs a time namespace in linux.namespaces");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::spec
