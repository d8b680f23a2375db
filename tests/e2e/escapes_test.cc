// Every published escape from a container runtime that applies to one, by its number.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "support/facts.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Attacked : Box {
  Attacked() { bundle.OwnRootfs(); }

  std::string Inside(const std::string& script) {
    return bundle.OutputOf({"/bin/sh", "-c", script + "\n:"});
  }
  void Link(const std::string& target, const std::string& name) {
    fs::remove_all(bundle.Rootfs() + name);
    fs::create_symlink(target, bundle.Rootfs() + name);
  }
};

BOOST_FIXTURE_TEST_SUITE(escapes, Attacked)

// The runtime inside the container could be traced, and had descriptors of the host, before exec.
BOOST_AUTO_TEST_CASE(cve_2016_9962_exec_can_not_be_traced_from_inside) {
  bundle.Args({"/bin/sleep", "1000"}).Capability("SYS_PTRACE").Launch();
  // A watcher inside looks for any process that has our binary open or can be traced as agentbox.
  bundle.Exec({"/bin/sh",
               "-c",
               "while :; do for p in /proc/[0-9]*; do l=$(readlink $p/exe 2>/dev/null);"
               "case $l in *agentbox*|*memfd*) echo $l >> /seen;; esac; done; done"},
              {"--detach"});
  for (int i = 0; i < 10; ++i) {
    bundle.Exec({"/bin/true"});
  }
  BOOST_TEST(bundle.ExecOutputOf({"/bin/sh", "-c", "cat /seen 2>/dev/null; true"}) == "");
}

// /proc/self/exe as the program: the runtime's binary must not be what is run or can be written.
BOOST_AUTO_TEST_CASE(cve_2019_5736_the_binary_can_not_be_overwritten) {
  const auto before = fs::last_write_time(AgentboxPath());
  Link("/proc/self/exe", "/bin/self");
  const Outcome outcome = bundle.Run({"/bin/self", "--version"});
  BOOST_TEST(outcome.output.find("agentbox") == std::string::npos, outcome.output);
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const Outcome exec = bundle.Exec({"/proc/self/exe", "--version"});
  BOOST_TEST(exec.output.find("agentbox") == std::string::npos, exec.output);
  bundle.Exec({"/bin/sh", "-c", "for p in /proc/[0-9]*/exe; do guest write $p x; done"});
  BOOST_TEST((fs::last_write_time(AgentboxPath()) == before));
}

// A symlink or a mount where /proc should be: writes to attributes and sysctls must not go there.
BOOST_AUTO_TEST_CASE(cve_2019_16884_and_2023_28642_proc_is_not_a_symlink_of_the_image) {
  Link("/tmp/fake", "/proc");
  fs::create_directories(bundle.Rootfs() + "/tmp/fake/self/attr");
  bundle.config["linux"]["sysctl"] = {{"kernel.msgmax", "65536"}};
  const Outcome outcome = bundle.Run({"/bin/cat", "/proc/sys/kernel/msgmax"});
  if (outcome.Succeeded()) {
    BOOST_TEST(outcome.output == "65536\n");
  } else {
    CheckFails(outcome, 1, "/proc");
  }
  BOOST_TEST(fs::is_empty(bundle.Rootfs() + "/tmp/fake/self/attr"));
}

// A volume over /proc, or below it, would let the container fake what the runtime reads and writes.
BOOST_AUTO_TEST_CASE(cve_2019_19921_and_2023_27561_no_volume_over_proc) {
  fs::create_directories(bundle.Directory() + "/fake");
  bundle.Volume("/proc", bundle.Directory() + "/fake");
  CheckFails(bundle.Run(), 1, "mounts[7]");
}

// A destination that leads out by symlinks stays within the root.
BOOST_AUTO_TEST_CASE(cve_2019_18837_and_2021_30465_destinations_stay_in_the_root) {
  const std::string outside = bundle.Directory() + "/outside";
  const std::string volume = bundle.Directory() + "/volume";
  fs::create_directories(outside);
  fs::create_directories(volume);
  Link("../../../../../../../.." + outside, "/up");
  Link(outside, "/absolute");
  bundle.Volume("/up/a", volume).Volume("/absolute/b", volume).Mount("/up", "tmpfs", "tmpfs", {});
  bundle.Run();
  BOOST_TEST(fs::is_empty(outside));
}

// sysctl values that end one setting and begin another (cr8escape), and those that are the host's.
BOOST_AUTO_TEST_CASE(cve_2022_0811_only_sysctls_of_the_containers_namespaces) {
  const std::string before = ReadFile("/proc/sys/kernel/core_pattern");
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"kernel.core_pattern", "|/bin/evil"},
           {"kernel.shm_rmid_forced", "1+kernel.core_pattern=x"},
           {"kernel.msgmax", "1\nkernel.core_pattern=x"},
           {"net/../kernel/core_pattern", "x"},
           {"kernel/../kernel/core_pattern", "x"},
           {"vm.overcommit_memory", "1"}}) {
    bundle.config["linux"]["sysctl"] = {{key, value}};
    BOOST_TEST(bundle.Run().status == 1, key);
  }
  BOOST_TEST(ReadFile("/proc/sys/kernel/core_pattern") == before);
}

// Inheritable capabilities that nobody asked for.
BOOST_AUTO_TEST_CASE(cve_2022_29162_2022_24769_and_2022_27650_nothing_is_inheritable) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  const std::vector<std::string> look = {
      "/bin/grep", "-e", "CapInh", "-e", "CapAmb", "/proc/self/status"};
  const std::string none = "CapInh:\t0000000000000000\nCapAmb:\t0000000000000000";
  BOOST_TEST(bundle.ExecOutputOf(look) == none);
  BOOST_TEST(Chomp(bundle.Exec(look, {"--cap", "CAP_SYS_PTRACE"}).output) == none);
}

// Without a cgroup namespace the container's cgroup tree, or the host's, must not be writable.
BOOST_AUTO_TEST_CASE(cve_2023_25809_cgroups_are_not_writable) {
  BOOST_TEST(Inside("for f in $(find /sys/fs/cgroup -name cgroup.procs); do guest open $f w; done "
                    "| grep -c ok; true") == "0");
}

// A descriptor of a host's directory as the working directory.
BOOST_AUTO_TEST_CASE(cve_2024_21626_no_working_directory_outside) {
  for (int fd = 3; fd < 12; ++fd) {
    bundle.config["process"]["cwd"] = "/proc/self/fd/" + std::to_string(fd);
    const Outcome outcome =
        bundle.Run({"/bin/sh", "-c", "pwd -P; cat ../../../../../../etc/hostname"});
    BOOST_TEST(outcome.status != 0, fd);
    BOOST_TEST(outcome.output.find(ReadFile("/etc/hostname")) == std::string::npos);
  }
  bundle.config["process"]["cwd"] = "/";
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  for (int fd = 3; fd < 12; ++fd) {
    const Outcome outcome =
        bundle.Exec({"/bin/pwd"}, {"--cwd", "/proc/self/fd/" + std::to_string(fd)});
    BOOST_TEST(outcome.status != 0, fd);
  }
}

// Directories for a mount that were made on the host through a raced or prepared symlink.
BOOST_AUTO_TEST_CASE(cve_2024_45310_destinations_are_made_inside) {
  const std::string outside = bundle.Directory() + "/outside";
  fs::create_directories(outside);
  Link(outside, "/var/link");
  bundle.Mount("/var/link/made/deep", "tmpfs", "tmpfs", {});
  bundle.Run();
  BOOST_TEST(fs::is_empty(outside));
}

// /dev/null of the image as a symlink: a mask would bind what it points to, writable.
BOOST_AUTO_TEST_CASE(cve_2025_31133_masks_use_our_own_null) {
  bundle.config["linux"]["maskedPaths"] = {"/etc/passwd", "/proc/timer_list", "/proc/keys"};
  Link("/proc/sys/kernel/core_pattern", "/dev/null");
  BOOST_TEST(Inside("stat -c %t:%T /etc/passwd /proc/keys; cat /proc/timer_list") == "1:3\n1:3");
}

// /dev/console of the image as a symlink, with a terminal.
BOOST_AUTO_TEST_CASE(cve_2025_52565_dev_console_is_ours) {
  Link("/proc/sys/kernel/core_pattern", "/dev/console");
  bundle.Args({"/bin/sh", "-c", "ls -l /dev/console"});
  bundle.config["process"]["terminal"] = true;
  bundle.WriteConfig();
  const Outcome outcome = bundle.Run();  // standard input is no terminal
  BOOST_TEST(outcome.output.find("core_pattern") == std::string::npos);
}

// Writes of sysctls and labels that a prepared mount sends to another file of /proc.
BOOST_AUTO_TEST_CASE(cve_2025_52881_writes_go_to_a_procfs_of_our_own) {
  const std::string target = bundle.Directory() + "/target";
  WriteFile(target, "untouched\n");
  bundle.config["linux"]["sysctl"] = {{"kernel.msgmax", "65536"}};
  bundle.Volume("/proc/sys/kernel/msgmax", target, {"bind", "rw"});
  bundle.Run();
  BOOST_TEST(ReadFile(target) == "untouched\n");
}

// The image's /dev as a symlink to a directory of the host.
BOOST_AUTO_TEST_CASE(cve_2026_41579_and_2026_47766_dev_is_no_symlink_out) {
  const std::string outside = bundle.Directory() + "/outside";
  fs::create_directories(outside);
  Link(outside, "/dev");
  bundle.Run();
  BOOST_TEST(fs::is_empty(outside));
  Link("../../../../../../../.." + outside, "/dev");
  bundle.Run();
  BOOST_TEST(fs::is_empty(outside));
}

// A user given by words that are no number must not end up as root.
BOOST_AUTO_TEST_CASE(cve_2026_30892_and_2026_46680_users_are_parsed_whole) {
  bundle.Args({"/bin/sleep", "1000"}).Launch();
  for (const char* user : {"",
                           "root",
                           "1000x",
                           "-1",
                           "0x10",
                           "4294967295",
                           "4294967296",
                           "1000:",
                           ":5",
                           "1000:x",
                           " 0",
                           "99999999999999999999"}) {
    const Outcome outcome = bundle.Exec({"/bin/id", "-u"}, {"--user", user});
    BOOST_TEST(outcome.status != 0, user);
    BOOST_TEST(outcome.output == "");
  }
  BOOST_TEST(Chomp(bundle.Exec({"/bin/id", "-u"}, {"--user", "1000:7"}).output) == "1000");
}

// Hooks and their libraries get nothing of the container's environment.
BOOST_AUTO_TEST_CASE(cve_2025_23266_hooks_do_not_get_the_containers_environment) {
  const std::string log = bundle.Directory() + "/log";
  WriteFile(log, "");
  ::chmod(log.c_str(), 0666);  // the hook is the container's root
  bundle.config["process"]["env"].push_back("LD_PRELOAD=/evil.so");
  bundle.config["hooks"] = {
      {"createContainer",
       {{{"path", "/bin/sh"},
         {"args", {"sh", "-c", "/usr/bin/env > " + log + "; pwd >> " + log}}}}}};
  const Outcome outcome = bundle.Run();
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(ReadFile(log) != "");
  BOOST_TEST(ReadFile(log).find("LD_PRELOAD") == std::string::npos);
}

// Labels and files of an image are never policy.
BOOST_AUTO_TEST_CASE(cve_2026_53488_annotations_loosen_nothing) {
  bundle.config["annotations"] = {{"dev.agentbox.profile", "engine"}};
  CheckFails(bundle.Run(), 1, "dev.agentbox.profile");
  CheckNothingLeft(bundle);
}

// Cgroup v1's release_agent, by a mount of one's own.
BOOST_AUTO_TEST_CASE(cve_2022_0492_no_release_agent_can_be_set) {
  const std::string before = ReadFile("/sys/fs/cgroup/memory/release_agent");
  bundle.Capability("SYS_ADMIN");
  const std::string attack =
      "mkdir -p /tmp/c; mount -t cgroup -o memory cgroup /tmp/c; guest write /tmp/c/release_agent "
      "/evil";
  BOOST_TEST(Inside(attack + "; umount /tmp/c; unshare -UrmC sh -c '" + attack + "'").find("ok") ==
             std::string::npos);
  BOOST_TEST(ReadFile("/sys/fs/cgroup/memory/release_agent") == before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
