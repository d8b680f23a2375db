// The root file system as the container's root sees it, on the real kernel.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "apply/overlay.h"
#include "apply/scratch.h"
#include "kernel/mount.h"
#include "kernel/path.h"
#include "support/applied_sandbox.h"

namespace agentbox::tests {
namespace {

// An overlay as an engine mounts one: two lower layers, and an upper one in which something of each
// kind was done. Unmounted at the end.
class EngineRootfs {
 public:
  explicit EngineRootfs(const TestDirectory& directory) : path_(directory.Path()) {
    HostShell(
        "cd " + path_ +
        " && mkdir -p l/1/gone l/1/opaque l/1/renamed l/2/opaque l/2/etc l/1/proc l/1/sys l/1/dev"
        " upper work merged && echo one > l/1/file && echo old > l/1/opaque/old && echo x > "
        "l/1/gone/x &&"
        " echo r > l/1/renamed/r && echo two > l/2/etc/two && chown 1000:1000 l/2/etc/two && echo "
        "top > l/2/file &&"
        " mount -t overlay overlay -o lowerdir=" +
        path_ + "/l/2:" + path_ + "/l/1,upperdir=" + path_ + "/upper,workdir=" + path_ + "/work " +
        path_ +
        "/merged && cd merged && rm -r gone opaque &&"
        " mkdir opaque && echo new > opaque/new && rm etc/two && echo three > etc/three");
  }
  EngineRootfs(const EngineRootfs&) = delete;
  EngineRootfs& operator=(const EngineRootfs&) = delete;
  ~EngineRootfs() { HostShell("umount " + path_ + "/merged"); }

 private:
  std::string path_;
};

std::string List(const std::string& directory) {
  return HostShell("cd " + directory +
                   " && find . -path ./proc -prune -o -path ./sys -prune -o -path ./dev -prune -o"
                   " -path ./bin -prune -o -path ./lib -prune -o -path ./lib64 -prune -o"
                   " -path ./usr -prune -o -printf '%p %y %m %U %G\\n' | sort");
}

// The host's tools, in a root file system that has none.
const std::vector<spec::Mount> kTools = {{"/usr", "bind", "/usr", {"rbind", "ro"}},
                                         {"/bin", "bind", "/bin", {"rbind", "ro"}},
                                         {"/lib", "bind", "/lib", {"rbind", "ro"}},
                                         {"/lib64", "bind", "/lib64", {"rbind", "ro"}}};

BOOST_AUTO_TEST_SUITE(rootfs)

BOOST_AUTO_TEST_CASE(writes_are_thrown_away_and_all_ordinary_ones_work) {
  const TestDirectory directory;
  const auto sandbox = SandboxOf("/", directory);
  BOOST_TEST(sandbox.Shell("id -u; stat -c '%u %g' / /etc/passwd") == "0\n0 0\n0 0");
  BOOST_TEST(
      sandbox.Shell("echo x > /etc/agentbox-was-here && chown 1234:65535 /etc/agentbox-was-here &&"
                    " stat -c '%u %g' /etc/agentbox-was-here") == "1234 65535");
  BOOST_TEST(HostShell("ls /etc/agentbox-was-here 2>/dev/null").empty());
  BOOST_TEST(
      sandbox.Shell("mv /usr/include /usr/included && ls -d /usr/included && rm -r /usr/included &&"
                    " mkdir /usr/included && ls -A /usr/included") == "/usr/included");
  BOOST_TEST(HostShell("ls -d /usr/include") == "/usr/include");
  BOOST_TEST(sandbox.Shell("mknod /null c 1 3 2>&1 | grep -o 'Operation not permitted'") ==
             "Operation not permitted");
}

BOOST_AUTO_TEST_CASE(a_device_node_of_the_image_is_none) {
  const TestDirectory directory;
  HostShell("mkdir -p " + (directory / "r") + "/proc; cd " + (directory / "r") +
            " && mkdir sys dev && mknod zero c 1 5 && chmod 666 zero");
  for (const auto mode : {policy::RootfsMode::kThrowaway, policy::RootfsMode::kEngine}) {
    auto sandbox = SandboxOf(directory / "r", directory);
    sandbox.rootfs.mode = mode;
    BOOST_TEST(sandbox.Run([] { return Outcome(::open("/zero", O_RDONLY)); }) == "EACCES");
    BOOST_TEST(sandbox.Run([] { return Outcome(::open("/dev/zero", O_RDONLY)); }) == "OK");
  }
}

BOOST_AUTO_TEST_CASE(an_engines_overlay_looks_the_same_and_stays_untouched) {
  const TestDirectory directory;
  const EngineRootfs engine(directory);
  const std::string merged = List(directory / "merged");
  const std::string upper = List(directory / "upper");
  BOOST_REQUIRE(merged.find("three") != std::string::npos);
  const auto sandbox = SandboxOf(directory / "merged", directory, kTools);
  BOOST_TEST(sandbox.Run([] { return List("/"); }) == merged);
  BOOST_TEST(sandbox.Shell("cat /file /opaque/new; echo changed > /file; rm -r /etc; cat /file") ==
             "top\nnew\nchanged");
  BOOST_TEST(List(directory / "upper") == upper);
  BOOST_TEST(HostShell("cat " + (directory / "merged") + "/file") == "top");
}

BOOST_AUTO_TEST_CASE(an_overlay_fits_inside_the_sandbox) {
  const TestDirectory directory;
  const EngineRootfs engine(directory);
  const auto sandbox = SandboxOf(directory / "merged", directory, kTools);
  BOOST_TEST(
      sandbox.Shell("mkdir /o /t && mount -t tmpfs t /t && mkdir /t/u /t/w &&"
                    " mount -t overlay o -o userxattr,lowerdir=/etc,upperdir=/t/u,workdir=/t/w /o "
                    "&& cat /o/three") == "three");
}

BOOST_AUTO_TEST_CASE(engine_mode_writes_to_the_engines_layer_with_its_ids) {
  const TestDirectory directory;
  const EngineRootfs engine(directory);
  auto sandbox = SandboxOf(directory / "merged", directory, kTools);
  sandbox.rootfs.mode = policy::RootfsMode::kEngine;
  BOOST_TEST(sandbox.Shell("echo by-root > /mine; echo u > /his; chown 1000:1000 /his; rm -r "
                           "/renamed; mv /opaque /moved; stat -c %u /mine") == "0");
  BOOST_TEST(HostShell("cd " + (directory / "upper") +
                       " && stat -c '%n %u %g' mine his moved && stat -c '%n %t:%T' renamed") ==
             "mine 0 0\nhis 1000 1000\nmoved 0 0\nrenamed 0:0");
}

BOOST_AUTO_TEST_CASE(engine_mode_of_a_plain_directory_writes_to_it) {
  const TestDirectory directory;
  HostShell("mkdir -p " + (directory / "r") + "/proc " + (directory / "r") + "/sys " +
            (directory / "r") + "/dev");
  auto sandbox = SandboxOf(directory / "r", directory, kTools);
  sandbox.rootfs.mode = policy::RootfsMode::kEngine;
  BOOST_TEST(sandbox.Shell("echo x > /mine; chown 33:33 /mine") == "");
  BOOST_TEST(HostShell("stat -c '%u %g' " + (directory / "r") + "/mine") == "33 33");
  BOOST_TEST(HostShell("stat -c '%u %g' " + (directory / "r") + "/usr") == "0 0");
}

BOOST_AUTO_TEST_CASE(what_is_hidden_is_not_there_by_any_name) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && mkdir -p r/proc r/sys r/dev r/home/u/.ssh r/real/secret r/tmp/x && cd r &&"
            " echo key > home/u/.ssh/id && chown -R 1000:1000 home/u && chmod 750 home/u && ln -s "
            "home homes &&"
            " echo s > real/secret/s && ln -s ../../real/secret home/u/.aws && echo k > "
            "home/u/kept && chmod 1777 tmp");
  auto sandbox = SandboxOf(directory / "r", directory, kTools);
  sandbox.rootfs.hidden = {
      "homes/u/.ssh", "home/u/.aws", "real/secret", "home/u/absent", "nowhere/at/all"};
  sandbox.rootfs.emptied = {"tmp", "absent"};
  BOOST_TEST(sandbox.Shell("ls -A /home/u /homes/u /real /tmp; stat -c '%a %u' /home/u /tmp; cat "
                           "/homes/u/kept; mkdir /home/u/.ssh && ls -A /home/u/.ssh") ==
             "/home/u:\nkept\n\n/homes/u:\nkept\n\n/real:\n\n/tmp:\n750 1000\n1777 0\nk");
}

BOOST_AUTO_TEST_CASE(a_read_only_root_stays_so) {
  const TestDirectory directory;
  auto sandbox = SandboxOf("/", directory, {{"/not/there/before", "tmpfs", "tmpfs", {}}});
  sandbox.rootfs.readonly = true;
  BOOST_TEST(sandbox.Run([] {
    std::string outcome = Outcome(::open("/new", O_CREAT | O_WRONLY, 0600));
    outcome += " " + Outcome(::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND, nullptr));
    outcome += " " + Outcome(::open("/not/there/before/x", O_CREAT | O_WRONLY, 0600));
    return outcome + " " + Outcome(::open("/dev/x", O_CREAT | O_WRONLY, 0600));
  }) == "EROFS EPERM OK OK");
}

BOOST_AUTO_TEST_CASE(a_rootfs_that_leads_out_of_the_bundle_is_refused) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() + " && mkdir bundle && ln -s /etc bundle/rootfs");
  auto sandbox = SandboxOf(directory / "bundle/rootfs", directory);
  sandbox.rootfs.bundle = directory / "bundle";
  const std::string path = directory / "bundle/rootfs";
  BOOST_TEST(sandbox.Run([] { return "ran"; }) ==
             "error: root.path \"" + path + "\" leads out of the bundle by a symlink");
}

BOOST_AUTO_TEST_CASE(a_scratch_tmpfs_holds_what_its_size_allows) {
  const TestDirectory directory;
  auto sandbox = SandboxOf("/", directory);
  sandbox.scratch.place = plan::LayerPlace::kTmpfs;
  sandbox.scratch.size_limit = 1U << 20U;
  BOOST_TEST(sandbox.Shell("head -c 2000000 /dev/zero 2>&1 > /big | grep -o 'No space left on "
                           "device'; echo small > /big && cat /big") ==
             "No space left on device\nsmall");
  BOOST_TEST(HostShell("ls -A " + (directory / "scratch")).empty());
}

BOOST_AUTO_TEST_CASE(a_directory_within_an_overlay_says_what_can_be_done) {
  const TestDirectory directory;
  const EngineRootfs engine(directory);
  const std::string said = SandboxOf(directory / "merged/etc", directory).Run([] { return "ran"; });
  BOOST_TEST(said.find("lies within an overlay") != std::string::npos);
  BOOST_TEST(said.find("ext4, xfs or btrfs") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(layers_that_are_not_where_the_mount_table_says_are_noticed) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && mkdir -p real/etc hollow upper work merged && mount --bind real hollow &&"
            " mount -t overlay o -o lowerdir=$PWD/hollow,upperdir=$PWD/upper,workdir=$PWD/work "
            "$PWD/merged && umount hollow");
  const std::string said = SandboxOf(directory / "merged", directory).Run([] { return "ran"; });
  HostShell("umount " + (directory / "merged"));
  BOOST_TEST(said.find("has \"etc\", which none of the layers has") != std::string::npos);
}

// What kernels before 6.15 do; in a mount namespace of its own.
BOOST_AUTO_TEST_CASE(an_overlay_of_many_layers_mounts_by_paths_too) {
  const TestDirectory directory;
  HostShell("cd " + directory.Path() +
            " && for i in $(seq 100); do mkdir -p a-rather-long-name-of-a-layer-$i; echo $i > "
            "a-rather-long-name-of-a-layer-$i/$i; done; mkdir u w spare");
  const auto mount_them = [&directory]() -> Result<std::string> {
    apply::OverlayLayers layers;
    for (int i = 1; i <= 100; ++i) {
      layers.lower.push_back(TRY(kernel::CloneTree(
          AT_FDCWD, directory / ("a-rather-long-name-of-a-layer-" + std::to_string(i)), false)));
    }
    layers.upper = TRY(kernel::OpenBeneath(AT_FDCWD, (directory / "u").substr(1), O_PATH));
    layers.work = TRY(kernel::OpenBeneath(AT_FDCWD, (directory / "w").substr(1), O_PATH));
    layers.options = {{"redirect_dir", "on"}, {"volatile", ""}};
    const UniqueFd spare =
        TRY(kernel::OpenBeneath(AT_FDCWD, (directory / "spare").substr(1), O_PATH));
    const UniqueFd mount = TRY(apply::MountOverlayByPaths(layers, MOUNT_ATTR_NODEV, spare));
    return HostShell("cat /proc/" + std::to_string(::getpid()) + "/fd/" +
                     std::to_string(mount.Get()) + "/100");
  };
  auto sandbox = SandboxOf("/", directory);
  ::chdir("/");
  const std::string said = sandbox.Run(
      [] { return "ran"; },
      [&mount_them] {
        const auto text = mount_them();
        if (!text || *text != "100")
          std::fprintf(stderr, "%s\n", text ? text->c_str() : text.error().ToString().c_str()),
              ::_exit(1);
      });
  BOOST_TEST(said == "ran");
}

BOOST_AUTO_TEST_CASE(a_scratch_directory_of_hostile_depth_is_removed) {
  const TestDirectory directory;
  const auto sandbox = SandboxOf("/", directory);
  BOOST_TEST(sandbox.Run([] {
    ::mkdir("/deep", 0700);
    ::chdir("/deep");
    int depth = 0;
    for (; depth < 10000 && ::mkdir("d", 0) == 0 && ::chdir("d") == 0; ++depth) {
    }
    return std::to_string(depth);
  }) == "10000");
  BOOST_TEST(apply::RemoveScratch(directory / "scratch").has_value());
  BOOST_TEST(HostShell("ls " + directory.Path()).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::tests
