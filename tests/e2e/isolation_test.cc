// What holds whatever config.json says: the id range, locked mounts, the throwaway layer, no leaks.
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "support/facts.h"

namespace agentbox::test {
namespace {

using nlohmann::json;

// The host's id of the container's root.
unsigned HostIdOfRoot(const Bundle& bundle, const std::string& map) {
  std::ifstream lines("/proc/" + std::to_string(bundle.Pid()) + "/" + map);
  unsigned container = 1;
  unsigned host = 0;
  lines >> container >> host;
  return container == 0 ? host : 0;
}

std::vector<std::string> HostIds(const std::string& map_file) {
  std::vector<std::string> ids;
  std::ifstream lines(map_file);
  unsigned container = 0;
  std::string host;
  std::string size;
  while (lines >> container >> host >> size) {
    ids.push_back(host);
  }
  return ids;
}

struct Isolated : Box {
  Isolated() {
    std::filesystem::create_directories(volume);
    WriteFile(volume + "/file", "of the host\n");
  }

  std::string Inside(const std::string& script) {
    return bundle.OutputOf({"/bin/sh", "-c", script + "\n:"});
  }

  std::string volume = bundle.Directory() + "/volume";
};

BOOST_FIXTURE_TEST_SUITE(isolation, Isolated)

BOOST_AUTO_TEST_CASE(each_container_has_an_id_range_of_its_own_and_none_is_the_hosts) {
  Bundle other({"/bin/sleep", "1000"});
  other.Launch();
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  for (const char* map : {"uid_map", "gid_map"}) {
    const unsigned first = HostIdOfRoot(bundle, map);
    const unsigned second = HostIdOfRoot(other, map);
    BOOST_TEST(first >= 65536U);
    BOOST_TEST(second >= 65536U);
    BOOST_TEST((first + 65536 <= second || second + 65536 <= first));
    for (const Bundle* const one : {&bundle, &other}) {
      for (const std::string& id :
           HostIds("/proc/" + std::to_string(one->Pid()) + "/" + std::string(map))) {
        BOOST_TEST(id != "0");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_id_range_is_free_again_after_delete) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const unsigned first = HostIdOfRoot(bundle, "uid_map");
  bundle.Delete();
  bundle.Launch();
  BOOST_TEST(HostIdOfRoot(bundle, "uid_map") == first);
}

BOOST_AUTO_TEST_CASE(host_root_in_config_json_is_refused_or_the_hosts_root_stays_unmapped) {
  bundle.Namespace("user");
  bundle.config["linux"]["uidMappings"] = {{{"containerID", 0}, {"hostID", 0}, {"size", 65536}}};
  bundle.config["linux"]["gidMappings"] = {{{"containerID", 0}, {"hostID", 0}, {"size", 65536}}};
  CheckFails(bundle.Run(), 1, "linux.uidMappings");
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(locked_mounts_can_neither_be_made_writable_nor_taken_away) {
  const std::string inner = volume + "/inner";
  const MountedTmpfs mounted(inner, "", MS_RDONLY);
  bundle.Volume("/volume", volume, {"rbind", "rro", "nosuid", "nodev", "noexec"});
  bundle.Capability("SYS_ADMIN");
  bundle.config["linux"]["maskedPaths"].push_back("/etc/passwd");
  bundle.config["linux"]["readonlyPaths"].push_back("/etc");
  const std::string found = Inside(
      "for p in /volume /volume/inner /sys /etc; do guest remount-rw $p; done;"
      "for p in /volume /volume/inner /etc/passwd /etc /sys; do guest umount $p; done;"
      "touch /volume/x /volume/inner/x /etc/x 2>/dev/null && echo written");
  BOOST_TEST(found.find("ok") == std::string::npos, found);
  BOOST_TEST(found.find("written") == std::string::npos, found);
  BOOST_TEST(!Exists(volume + "/x"));
}

BOOST_AUTO_TEST_CASE(a_readonly_root_stays_readonly_for_its_root) {
  bundle.config["root"]["readonly"] = true;
  bundle.Capability("SYS_ADMIN");
  BOOST_TEST(Inside("guest remount-rw /; touch /x 2>/dev/null && echo written").starts_with("E"));
}

BOOST_AUTO_TEST_CASE(writes_to_the_root_are_gone_with_the_container) {
  BOOST_TEST(
      Inside("echo changed > /etc/passwd; rm -r /home; touch /new; cat /etc/passwd; ls -d /new") ==
      "changed\n/new");
  // The fixture compares the host's copy.
  BOOST_TEST(Inside("head -n1 /etc/passwd; ls -d /home/user; ls /new 2>/dev/null") ==
             "root:x:0:0:root:/root:/bin/sh\n/home/user");
}

BOOST_AUTO_TEST_CASE(a_killed_container_leaves_nothing_behind_the_delete) {
  bundle
      .Args({"/bin/sh", "-c", "dd if=/dev/zero of=/big bs=1M count=4; touch /written; sleep 1000"})
      .Launch();
  const std::string root = "/proc/" + std::to_string(bundle.Pid()) + "/root";
  BOOST_TEST(Eventually([&root] { return Exists(root + "/written"); }));
  ::kill(bundle.Pid(), SIGKILL);
  BOOST_TEST(Eventually([this] { return bundle.Status() == "stopped"; }));
  BOOST_TEST(bundle.Command("delete").status == 0);
  CheckNothingLeft(bundle);
}

BOOST_AUTO_TEST_CASE(ids_of_the_root_file_system_look_as_on_the_host) {
  bundle.OwnRootfs();
  WriteFile(bundle.Rootfs() + "/theirs", "");
  ::chown((bundle.Rootfs() + "/theirs").c_str(), 1000, 2000);
  BOOST_TEST(Inside("stat -c %u:%g / /theirs /home/user /dev /dev/null; chown 65535:5 /theirs;"
                    "stat -c %u:%g /theirs") == "0:0\n1000:2000\n1000:1000\n0:0\n0:0\n65535:5");
}

BOOST_AUTO_TEST_CASE(no_descriptor_leaks_into_run_or_exec) {
  BOOST_TEST(bundle.OutputOf({"/bin/guest", "descriptors"}) == "");
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  BOOST_TEST(bundle.ExecOutputOf({"/bin/guest", "descriptors"}) == "");
  BOOST_TEST(bundle.ExecOutputOf({"/bin/sh", "-c", "ls -1 /proc/1/fd"}) == "0\n1\n2");
}

BOOST_AUTO_TEST_CASE(a_descriptor_of_the_caller_is_passed_only_on_request) {
  WriteFile(bundle.Directory() + "/passed", "text\n");
  const auto run = [this](const std::string& options) {
    bundle.Args({"/bin/sh", "-c", "cat <&3"}).WriteConfig();
    return RunCommand({"/bin/sh",
                       "-c",
                       "exec 3<" + bundle.Directory() + "/passed; exec " + AgentboxPath() +
                           " --root " + bundle.Root() + " run --bundle " + bundle.Path() + " " +
                           options + " " + bundle.Id()});
  };
  BOOST_TEST(run("--preserve-fds 1").output == "text\n");
  BOOST_TEST(run("").status != 0);
}

BOOST_AUTO_TEST_CASE(devices_of_the_host_can_not_be_made_nor_opened) {
  bundle.OwnRootfs();
  BOOST_REQUIRE(::mknod((bundle.Rootfs() + "/disk").c_str(), S_IFBLK | 0666, makedev(7, 0)) == 0);
  BOOST_REQUIRE(::mknod((bundle.Rootfs() + "/memory").c_str(), S_IFCHR | 0666, makedev(1, 1)) == 0);
  BOOST_TEST(Inside("guest mknod /mine b 7 0; guest mknod /dev/mine b 7 0; guest open /disk r;"
                    "guest open /memory r") == "EPERM\nEPERM\nEACCES\nEACCES");
}

BOOST_AUTO_TEST_CASE(proc_shows_only_the_container) {
  BOOST_TEST(Inside("cat /proc/1/comm") == "sh");
  BOOST_TEST(std::stoi(Inside("ls /proc | grep -c '^[0-9]'")) <= 4);
}

BOOST_AUTO_TEST_CASE(secrets_of_the_host_in_proc_and_sys_are_hidden) {
  BOOST_TEST(Inside("for f in /proc/kcore /proc/keys /proc/timer_list; do cat $f 2>/dev/null; done;"
                    "guest open /proc/sys/kernel/core_pattern w;"
                    "guest open /proc/sysrq-trigger w; guest open /proc/1/mem w >/dev/null;"
                    "guest open /sys/kernel/uevent_helper w; ls /sys/firmware")
                 .find("ok") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(namespaces_of_the_host_can_not_be_joined) {
  bundle.Capability("SYS_ADMIN");
  bundle.Volume("/host-net", "/proc/1/ns/net", {"bind"});
  const Outcome outcome = bundle.Run({"/bin/guest", "setns", "/host-net"});
  BOOST_TEST(outcome.output != "ok\n");
}

BOOST_AUTO_TEST_CASE(the_hosts_abstract_sockets_and_interfaces_are_out_of_reach) {
  BOOST_TEST(Inside("ls /sys/class/net; wc -l < /proc/net/unix") == "lo\n1");
}

BOOST_AUTO_TEST_CASE(nested_user_namespaces_work_and_new_networks_do_not) {
  BOOST_TEST(
      Inside("unshare -Urmpf true && echo user; unshare -Un true 2>/dev/null || echo no net") ==
      "user\nno net");
}

BOOST_AUTO_TEST_CASE(nested_user_namespaces_can_mount_a_proc_of_their_own) {
  BOOST_TEST(
      Inside(
          "unshare -Urmpf sh -c 'mkdir /tmp/p && mount -t proc proc /tmp/p && ls -d /tmp/p/1'") ==
      "/tmp/p/1");
}

BOOST_AUTO_TEST_CASE(refused_calls_give_the_errno_of_what_is_not_there) {
  // io_uring_setup, AF_ALG, AF_VSOCK, AF_PACKET, NETLINK_NETFILTER, bpf, a call that no kernel has.
  BOOST_TEST(Inside("guest syscall 425 1 0; guest socket 38 5 0; guest socket 40 1 0;"
                    "guest socket 17 3 0; guest socket 16 3 12; guest syscall 321 0 0 0;"
                    "guest syscall 9999") ==
             "ENOSYS\nEAFNOSUPPORT\nEAFNOSUPPORT\nEAFNOSUPPORT\nEPROTONOSUPPORT\nEPERM\nENOSYS");
}

BOOST_AUTO_TEST_CASE(init_can_not_be_traced_before_it_execs) {
  bundle.Args({"/bin/sleep", "1000"});
  BOOST_REQUIRE(bundle.Create().status == 0);
  // Non-dumpable: its files in /proc belong to root of the host, whatever its ids are.
  struct stat status = {};
  BOOST_TEST(::stat(("/proc/" + std::to_string(bundle.Pid()) + "/environ").c_str(), &status) == 0);
  BOOST_TEST(status.st_uid == 0U);
  bundle.Delete();
}

BOOST_AUTO_TEST_CASE(a_keyring_of_its_own_hides_the_callers_keys) {
  // keyctl is refused inside; the session keyring is looked at from outside, by its serial in
  // /proc.
  BOOST_TEST(Inside("cat /proc/keys").empty());
}

BOOST_AUTO_TEST_CASE(writable_volumes_are_nosuid_unless_asked_otherwise) {
  bundle.Volume("/volume", volume);
  BOOST_TEST(Inside("grep ' /volume ' /proc/self/mountinfo | grep -c nosuid") == "1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
