// Mounts, devices and masks as the container's root sees them, on the real kernel.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "support/applied_sandbox.h"

namespace agentbox::tests {
namespace {

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(mounts)

// Else container root takes back what is read-only: the order of isolation.
BOOST_AUTO_TEST_CASE(a_volume_is_locked) {
  const TestDirectory directory;
  HostShell("mkdir -p " + (directory / "v") + "/below");
  const auto sandbox =
      SandboxOf("/", directory, {{"/ro", "bind", directory / "v", {"bind", "ro"}}});
  BOOST_TEST(sandbox.Run([] {
    std::string outcome = Outcome(::open("/ro/x", O_CREAT | O_WRONLY, 0600));
    outcome += " " + Outcome(::mount(nullptr, "/ro", nullptr, MS_REMOUNT | MS_BIND, nullptr));
    outcome +=
        " " + Outcome(::mount(nullptr, "/ro", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr));
    outcome += " " + Outcome(::umount2("/ro", MNT_DETACH));
    return outcome + " " + Outcome(::umount2("/dev", MNT_DETACH));
  }) == "EROFS EPERM EPERM EINVAL EINVAL");
}

BOOST_AUTO_TEST_CASE(ids_of_a_volume_are_the_same_on_both_sides) {
  const TestDirectory directory;
  HostShell("mkdir " + (directory / "v") + " && cd " + (directory / "v") +
            " && touch root user && chown 1000:1001 user && chmod 777 .");
  const auto sandbox = SandboxOf("/", directory, {{"/v", "bind", directory / "v", {"rbind"}}});
  BOOST_TEST(
      sandbox.Shell(
          "cd /v && stat -c '%n %u %g' root user && touch new && chown 1000:5 new && cp /bin/true "
          "suid && chmod 4755 suid && findmnt -no OPTIONS /v | grep -o 'nosuid,nodev'") ==
      "root 0 0\nuser 1000 1001\nnosuid,nodev");
  BOOST_TEST(HostShell("cd " + (directory / "v") + " && stat -c '%n %u %g' new") == "new 1000 5");
}

BOOST_AUTO_TEST_CASE(a_single_file_and_a_socket_are_volumes_too) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && echo text > file && python3 -c 'import socket; "
            "socket.socket(socket.AF_UNIX).bind(\"socket\")'");
  const auto sandbox = SandboxOf("/",
                                 directory,
                                 {{"/new/place/file", "bind", directory / "file", {"bind"}},
                                  {"/run/s", "bind", directory / "socket", {"bind"}}});
  BOOST_TEST(
      sandbox.Shell("cat /new/place/file; stat -c '%F %u' /run/s; stat -c '%u' /new/place") ==
      "text\nsocket 0\n0");
}

BOOST_AUTO_TEST_CASE(options_hold_for_the_mounts_below_too) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && mkdir -p v/below && mount -t tmpfs t v/below && touch v/below/f");
  const auto sandbox = SandboxOf("/",
                                 directory,
                                 {{"/a", "bind", directory / "v", {"rbind", "ro"}},
                                  {"/b", "bind", directory / "v", {"rbind", "rro", "rnoexec"}},
                                  {"/c", "bind", directory / "v", {"bind"}}});
  const std::string said = sandbox.Run([] {
    std::string outcome;
    for (const char* const path : {"/a/x", "/a/below/x", "/b/x", "/b/below/x", "/c/below/f"}) {
      outcome += Outcome(::open(path, O_CREAT | O_WRONLY, 0600)) + " ";
    }
    return outcome;
  });
  HostShell("umount " + (directory / "v/below"));
  BOOST_TEST(said == "EROFS OK EROFS EROFS OK ");
  BOOST_TEST(HostShell("ls " + (directory / "v/below")) == "f");
}

BOOST_AUTO_TEST_CASE(a_submount_that_can_not_be_idmapped_is_named) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && mkdir -p v/o l u w && touch l/f && mount -t overlay o -o "
            "lowerdir=l,upperdir=u,workdir=w v/o");
  const std::string rw =
      SandboxOf("/", directory, {{"/v", "bind", directory / "v", {"rbind"}}}).Run([] {
        return "ran";
      });
  const std::string ro =
      SandboxOf("/", directory, {{"/v", "bind", directory / "v", {"rbind", "rro"}}})
          .Shell("stat -c %u /v/o/f /v");
  const std::string one =
      SandboxOf("/", directory, {{"/v", "bind", directory / "v/o", {"bind"}}}).Run([] {
        return "ran";
      });
  HostShell("umount " + (directory / "v/o"));
  BOOST_TEST(Contains(rw, "mounts[4] (/v: rbind "));
  BOOST_TEST(Contains(rw, "\"" + (directory / "v/o") + "\" is on overlay"));
  BOOST_TEST(Contains(rw, "bind instead of rbind"));
  BOOST_TEST(ro == "65534\n0");
  BOOST_TEST(Contains(one, "is on overlay"));
}

BOOST_AUTO_TEST_CASE(a_mount_may_have_ids_of_its_own) {
  const TestDirectory directory;
  HostShell("touch " + (directory / "f"));
  const auto sandbox = SandboxOf(
      "/", directory, {{"/f", "bind", directory / "f", {"bind"}, {{0, 1000, 1}}, {{0, 1001, 1}}}});
  BOOST_TEST(sandbox.Shell("stat -c '%u %g' /f") == "1000 1001");
}

BOOST_AUTO_TEST_CASE(a_later_mount_lies_on_an_earlier_one) {
  const TestDirectory directory;
  HostShell("mkdir " + (directory / "v") + " && touch " + (directory / "v/from-host"));
  const auto sandbox = SandboxOf("/",
                                 directory,
                                 {{"/x", "bind", directory / "v", {"bind"}},
                                  {"/x", "tmpfs", "tmpfs", {"mode=700"}},
                                  {"/x/y", "bind", directory / "v", {"bind", "ro"}},
                                  {"/proc/uptime", "bind", directory / "v/from-host", {"bind"}},
                                  {"/dev/pts", "tmpfs", "tmpfs", {"mode=711"}}});
  BOOST_TEST(sandbox.Shell("ls /x /x/y; stat -c '%a %u' /x /dev/pts; wc -c < /proc/uptime") ==
             "/x:\ny\n\n/x/y:\nfrom-host\n700 0\n711 0\n0");
}

BOOST_AUTO_TEST_CASE(no_symlink_of_an_image_leads_a_mount_out) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && mkdir -p r/proc r/sys r/dev r/in victim v && touch v/f && cd r && ln -s " +
            (directory / "victim") + " absolute && ln -s ../../../../../../../../../.." +
            (directory / "victim") + " relative && ln -s /in/made dangling && ln -s loop loop");
  const auto outcome = [&](const std::string& destination) {
    return SandboxOf(directory / "r", directory, {{destination, "bind", directory / "v", {"bind"}}})
        .Run([&] { return Outcome(::access((destination + "/f").c_str(), F_OK)); });
  };
  BOOST_TEST(outcome("/absolute/a") == "OK");
  BOOST_TEST(outcome("/relative/b/c") == "OK");
  BOOST_TEST(outcome("/dangling") == "OK");
  BOOST_TEST(Contains(outcome("/loop/d"), "ELOOP"));
  BOOST_TEST(HostShell("ls -A " + (directory / "victim")).empty());
}

// CVE-2026-41579 of runc, CVE-2026-47766 of crun.
BOOST_AUTO_TEST_CASE(a_dev_that_is_a_symlink_is_refused) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() + " && mkdir -p r/proc r/sys victim && ln -s " +
            (directory / "victim") + " r/dev");
  const std::string said = SandboxOf(directory / "r", directory).Run([] { return "ran"; });
  BOOST_TEST(Contains(said, "default devices: openat2(2) of /dev"));
  BOOST_TEST(HostShell("ls -A " + (directory / "victim")).empty());
}

BOOST_AUTO_TEST_CASE(device_nodes_belong_to_the_container) {
  const TestDirectory directory;
  const auto sandbox = SandboxOf("/", directory);
  BOOST_TEST(
      sandbox.Shell("stat -c '%n %t:%T %a %u' /dev/null /dev/tty; readlink /dev/fd /dev/ptmx; echo "
                    "x > /dev/null; head -c 3 /dev/zero | wc -c; ls /dev/pts") ==
      "/dev/null 1:3 666 0\n/dev/tty 5:0 666 0\n/proc/self/fd\npts/ptmx\n3\nptmx");
}

BOOST_AUTO_TEST_CASE(a_bound_device_is_one_of_our_own_or_refused) {
  const TestDirectory directory;
  const auto null = SandboxOf("/",
                              directory,
                              {{"/dev/null", "bind", "/dev/null", {"bind"}},
                               {"/elsewhere", "bind", "/dev/zero", {"bind", "nodev"}}});
  BOOST_TEST(null.Shell("stat -c '%t:%T %u' /dev/null /elsewhere; head -c 2 /elsewhere | wc -c; "
                        "echo > /dev/null") == "1:3 0\n1:5 0\n2");
  const std::string said =
      SandboxOf("/", directory, {{"/k", "bind", "/dev/kmsg", {"bind"}}}).Run([] { return "ran"; });
  BOOST_TEST(Contains(said, "devices.allow"));
}

BOOST_AUTO_TEST_CASE(a_device_outside_dev_is_bound) {
  const TestDirectory directory;
  auto sandbox = SandboxOf("/", directory);
  sandbox.devices.nodes.push_back({.origin = "linux.devices[0]",
                                   .path = "/opt/my/zero",
                                   .mode = S_IFCHR | 0600,
                                   .major = 1,
                                   .minor = 5,
                                   .uid = 7});
  BOOST_TEST(sandbox.Shell("stat -c '%t:%T %a %u' /opt/my/zero; head -c 2 /opt/my/zero | wc -c") ==
             "1:5 600 7\n2");
}

BOOST_AUTO_TEST_CASE(a_tmpfs_has_ids_of_the_container_and_may_begin_with_a_copy) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && mkdir -p r/proc r/sys r/dev r/data/sub && echo f > r/data/sub/f && chown 5:6 "
            "r/data/sub/f && chmod 640 r/data/sub/f && ln -s sub r/data/link && chmod 751 r/data");
  const auto sandbox = SandboxOf(
      directory / "r",
      directory,
      {{"/t", "tmpfs", "tmpfs", {"uid=3", "gid=4", "mode=1770", "size=64k", "nr_inodes=20"}},
       {"/data", "tmpfs", "tmpfs", {"tmpcopyup", "ro"}},
       {"/usr", "bind", "/usr", {"rbind", "ro"}},
       {"/bin", "bind", "/bin", {"rbind", "ro"}},
       {"/lib", "bind", "/lib", {"rbind", "ro"}},
       {"/lib64", "bind", "/lib64", {"rbind", "ro"}}});
  BOOST_TEST(sandbox.Shell("stat -c '%a %u %g' /t /data /data/sub/f; cat /data/link/f; stat -fc %T "
                           "/data; touch /data/x 2>&1 | grep -o 'Read-only'") ==
             "1770 3 4\n751 0 0\n640 5 6\nf\ntmpfs\nRead-only");
  const std::string said =
      SandboxOf("/", directory, {{"/t", "tmpfs", "tmpfs", {"bogus=1"}}}).Run([] { return "ran"; });
  BOOST_TEST(said ==
             "error: mounts[4] (/t: tmpfs bogus=1): fsconfig(2) of tmpfs: option bogus (tmpfs: "
             "Unknown parameter 'bogus'): Invalid argument (EINVAL)");
}

BOOST_AUTO_TEST_CASE(a_missing_source_is_named) {
  const TestDirectory directory;
  const std::string said =
      SandboxOf("/", directory, {{"/gone", "bind", "/nonexistent/dir", {"bind", "ro"}}}).Run([] {
        return "ran";
      });
  BOOST_TEST(said ==
             "error: mounts[4] (/gone: bind /nonexistent/dir ro nosuid nodev rnodev): openat(2) of "
             "/nonexistent/dir: No such file or directory (ENOENT)");
}

BOOST_AUTO_TEST_CASE(sysfs_is_of_the_containers_network_and_mqueue_of_its_ipc) {
  const TestDirectory directory;
  const auto sandbox = SandboxOf(
      "/", directory, {{"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}}});
  BOOST_TEST(sandbox.Shell("ls /sys/class/net; touch /dev/mqueue/q && ls /dev/mqueue; stat -c '%a "
                           "%u' /dev/mqueue") == "lo\nq\n1777 0");
}

BOOST_AUTO_TEST_CASE(a_cgroup_mount_shows_the_containers_own_directories) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && mkdir cpu memory unified && touch cpu/of-cpu memory/of-memory unified/of-unified");
  auto sandbox =
      SandboxOf("/", directory, {{"/sys/fs/cgroup", "cgroup", "cgroup", {"ro", "nosuid"}}});
  sandbox.cgroups = {{"cpu", directory / "cpu"},
                     {"cpuacct", directory / "cpu"},
                     {"memory", directory / "memory"},
                     {"", directory / "unified"}};
  BOOST_TEST(sandbox.Shell("cd /sys/fs/cgroup; ls; ls cpu/ memory; readlink cpuacct; touch "
                           "memory/x y 2>&1 | grep -c Read-only") ==
             "cpu\ncpu,cpuacct\ncpuacct\nmemory\nunified\ncpu/"
             ":\nof-cpu\n\nmemory:\nof-memory\ncpu,cpuacct\n2");
  sandbox.cgroups = {{"", directory / "unified"}};
  BOOST_TEST(sandbox.Shell("cd /sys/fs/cgroup; ls; touch x 2>&1 | grep -c Read-only") ==
             "of-unified\n1");
  // Without one of its own it sees nobody else's.
  sandbox.cgroups = {};
  BOOST_TEST(sandbox.Shell(
                 "ls -A /sys/fs/cgroup; touch /sys/fs/cgroup/x 2>&1 | grep -c Read-only") == "1");
}

BOOST_AUTO_TEST_CASE(a_throwaway_volume_takes_writes_and_the_host_has_none) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && mkdir v && echo a > v/a && echo s > v/secret && chown -R 1000:1000 v");
  auto sandbox = SandboxOf("/", directory);
  sandbox.mounts.push_back(
      {.origin = "workspace",
       .destination = "/w",
       .what = plan::ThrowawayMount{.source = directory / "v", .hidden = {"secret"}}});
  BOOST_TEST(
      sandbox.Shell(
          "cd /w && ls && stat -c '%u' . a && echo b >> a && touch n && rm -f secret && cat a") ==
      "a\n1000\n1000\na\nb");
  BOOST_TEST(HostShell("cd " + (directory / "v") + " && ls && cat a") == "a\nsecret\na");
}

BOOST_AUTO_TEST_CASE(an_engines_overlay_volume_keeps_its_upper_directory) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && mkdir -p vol/l vol/u vol/w && echo l > vol/l/f && chown 1000:1000 vol/l/f");
  const auto sandbox = SandboxOf("/",
                                 directory,
                                 {{"/v",
                                   "overlay",
                                   "overlay",
                                   {"lowerdir=" + (directory / "vol/l"),
                                    "upperdir=" + (directory / "vol/u"),
                                    "workdir=" + (directory / "vol/w")}}});
  BOOST_TEST(sandbox.Shell("stat -c %u /v/f; echo x > /v/new && echo more >> /v/f") == "1000");
  BOOST_TEST(HostShell("cd " + (directory / "vol") + " && stat -c '%n %u' u/new u/f && cat l/f") ==
             "u/new 0\nu/f 1000\nl");
}

// An engine names the layers relative to its storage where mount(2) could not take them all;
// buildah then binds the overlay elsewhere.
BOOST_AUTO_TEST_CASE(a_bound_overlay_has_the_layers_of_the_one_it_is_bound_from) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && mkdir -p l/a/v l/b e id/diff id/work id/merged bundle/mnt/rootfs && echo of-a > "
            "l/a/v/f && mount -t overlay o -o lowerdir=l/a:l/b,upperdir=id/diff,workdir=id/work "
            "id/merged && mount --bind id/merged bundle/mnt/rootfs");
  const auto sandbox =
      SandboxOf("/",
                directory,
                {{"/v",
                  "overlay",
                  "overlay",
                  {"lowerdir=" + (directory / "bundle/mnt/rootfs") + ":" + (directory / "e")}}});
  BOOST_TEST(sandbox.Shell("cat /v/v/f") == "of-a");
  HostShell("cd " + directory.Path() + " && umount bundle/mnt/rootfs id/merged");
}

// Podman's image volumes: its own overlay of the image as a lower layer.
BOOST_AUTO_TEST_CASE(an_overlay_volume_may_be_over_an_overlay) {
  const TestDirectory directory;
  HostShell(
      "cd " + directory.Path() +
      " && mkdir -p b l u w m e && touch b/gone b/kept l/of-lower && chown 7:8 b/kept && mount "
      "-t overlay o -o lowerdir=$PWD/l:$PWD/b,upperdir=$PWD/u,workdir=$PWD/w m && rm m/gone && "
      "touch m/of-upper");
  const auto sandbox = SandboxOf(
      "/",
      directory,
      {{"/v", "overlay", "overlay", {"lowerdir=" + (directory / "m") + ":" + (directory / "e")}}});
  BOOST_TEST(sandbox.Shell("cd /v; ls -d [a-z]*; stat -c '%u %g' kept; touch new 2>&1 | grep -o "
                           "'Read-only'") == "kept\nof-lower\nof-upper\n7 8\nRead-only");
  HostShell("umount " + (directory / "m"));
}

BOOST_AUTO_TEST_CASE(symlinks_are_as_cruns_options_say) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && ln -s /some/where link && echo t > target && ln -s target to-target");
  const auto sandbox =
      SandboxOf("/",
                directory,
                {{"/copied", "bind", directory / "link", {"bind", "copy-symlink"}},
                 {"/followed", "bind", directory / "to-target", {"bind"}},
                 {"/kept", "bind", directory / "link", {"bind", "src-nofollow", "dest-nofollow"}}});
  BOOST_TEST(sandbox.Shell("readlink /copied; cat /followed; readlink /kept") ==
             "/some/where\nt\n/some/where");
}

BOOST_AUTO_TEST_CASE(the_hosts_later_mounts_appear_only_where_asked_for) {
  const TestDirectory directory;
  HostShell(
      "cd " + directory.Path() +
      " && mkdir -p shared/later && mount --bind shared shared && mount --make-shared shared");
  const std::string later = directory / "shared/later";
  const auto sandbox = SandboxOf("/",
                                 directory,
                                 {{"/slave", "bind", directory / "shared", {"rbind", "rslave"}},
                                  {"/private", "bind", directory / "shared", {"rbind"}},
                                  {"/shared", "bind", directory / "shared", {"rbind", "rshared"}}});
  const std::string said = sandbox.Run(
      [] {
        return HostShell(
            "ls /slave/later /private/later /shared/later; findmnt -no PROPAGATION /shared; mount "
            "-t tmpfs t /shared && findmnt -no PROPAGATION /private");
      },
      [&later] {
        HostShell("nsenter -t " + std::to_string(::getppid()) + " -m sh -c 'mount -t tmpfs t " +
                  later + " && touch " + later + "/here'");
      });
  HostShell("umount " + later + "; umount -l " + (directory / "shared"));
  BOOST_TEST(
      said ==
      "/private/later:\n\n/shared/later:\nhere\n\n/slave/later:\nhere\nshared,slave\nprivate");
}

BOOST_AUTO_TEST_CASE(masks_hold_and_nested_sandboxes_can_mount_proc) {
  const TestDirectory directory;
  auto sandbox = SandboxOf("/", directory);
  sandbox.masked_paths.masked = {{"m", "/proc/kcore"},
                                 {"m", "/proc/fs"},
                                 {"m", "/proc/keys"},
                                 {"m", "/sys/firmware"},
                                 {"m", "/etc/shadow"},
                                 {"m", "/not/there"}};
  sandbox.masked_paths.read_only = {{"r", "/proc/sys"}, {"r", "/proc/irq"}, {"r", "/usr/share"}};
  BOOST_TEST(
      sandbox.Shell("wc -c < /proc/keys; wc -c < /etc/shadow; ls /sys/firmware /proc/fs; echo 1 "
                    "> /proc/sys/kernel/ns_last_pid; touch /usr/share/x") ==
      "0\n0\n/proc/fs:\n\n/sys/firmware:\nsh: 1: cannot create /proc/sys/kernel/ns_last_pid: "
      "Read-only file system\ntouch: cannot touch '/usr/share/x': Read-only file system");
  // Its own processes alone; and the masks can not be taken off there.
  BOOST_TEST(sandbox.Shell("unshare -Urpf --mount-proc sh -c 'ls -d /proc/1; wc -c < /etc/shadow;"
                           " umount /etc/shadow && echo unmasked' 2>/dev/null") == "/proc/1\n0");
  // As the container's root: a mask that the launcher made is locked.
  BOOST_TEST(sandbox.Run([] {
    return Outcome(::umount2("/etc/shadow", MNT_DETACH)) + " " +
           Outcome(::umount2("/sys/firmware", MNT_DETACH));
  }) == "EINVAL EINVAL");
}

BOOST_AUTO_TEST_CASE(no_path_leads_to_the_host_or_the_scratch_directory) {
  const TestDirectory directory;
  HostShell("mkdir -p " + (directory / "r") + "/proc; cd " + (directory / "r") +
            " && mkdir sys dev");
  const auto sandbox = SandboxOf(directory / "r", directory);
  BOOST_TEST(sandbox.Run([] {
    struct stat root = {};
    struct stat above = {};
    ::stat("/", &root);
    ::stat("/..", &above);
    std::FILE* const file = std::fopen("/proc/self/mountinfo", "re");
    std::string text;
    for (int byte = std::fgetc(file); byte != EOF; byte = std::fgetc(file))
      text += static_cast<char>(byte);
    std::fclose(file);
    return std::to_string(root.st_ino == above.st_ino) + " " +
           std::to_string(std::count(text.begin(), text.end(), '\n')) +
           (text.find(" - ext4 ") == std::string::npos ? "" : text);
  }) == "1 5");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::tests
