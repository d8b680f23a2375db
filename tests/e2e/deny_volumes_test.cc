// The policy's deny rules in the volumes of a container (agentbox-policy(5), DENY RULES).
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

struct Volume : Box {
  TemporaryDirectory directory;
  std::string work = directory.Path() + "/work";

  Volume() {
    Write(".env", "secret");
    Write(".env.example", "public");
    Write("sub/TLS.KEY", "secret");
    Write("sub/file", "public");
    fs::create_hard_link(work + "/.env", work + "/sub/other-name");
    fs::create_symlink("../.env", work + "/sub/link");
  }

  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(work + "/" + name).parent_path());
    WriteFile(work + "/" + name, text);
  }

  // Of a script that must succeed.
  std::string Out(const std::string& script) { return bundle.OutputOf({"/bin/sh", "-c", script}); }

  Outcome RunWith(const Strings& options, const std::string& script) {
    bundle.Args({"/bin/sh", "-c", script}).WriteConfig();
    Strings args = options;
    args.insert(args.end(), {"run", "-b", bundle.Path(), bundle.Id()});
    return bundle.Agentbox(args);
  }
};

const std::string kSearch =
    "grep -rs secret /work; cat /work/sub/link /work/sub/../.env 2>/dev/null; "
    "grep -rsl public /work | sort";
const std::string kShown = "/work/.env.example\n/work/sub/file";

BOOST_FIXTURE_TEST_SUITE(deny_volumes, Volume)

BOOST_AUTO_TEST_CASE(what_is_denied_is_covered_in_volumes_written_to_or_not) {
  bundle.Volume("/work", work);
  BOOST_TEST(Out(kSearch) == kShown);
  bundle.Volume("/work", work, {"rbind", "ro"});
  BOOST_TEST(Out(kSearch) == kShown);
}

BOOST_AUTO_TEST_CASE(a_cover_can_not_be_taken_off_by_root_with_cap_sys_admin) {
  bundle.Volume("/work", work).Capability("SYS_ADMIN");
  BOOST_TEST(
      Out("cd /work; stat -c '%F %a' .env; "
          "for command in 'cat .env' 'rm -f .env' 'mv .env x' 'umount .env' "
          "'mount -o remount,rw,bind .env'; do $command 2>/dev/null && echo $command; done; " +
          kSearch) == "regular empty file 0\n" + kShown);
  BOOST_TEST(ReadFile(work + "/.env") == "secret");
}

// A cover is of one mount: in a second one, of a directory beside it, nothing is covered.
const std::string kUncover =
    "cd /work; mkdir e; unshare -U -r -m sh -c 'mkdir /tmp/m; mount --bind e /tmp/m && mv sub e && "
    "cat /tmp/m/sub/TLS.KEY' 2>&1; true";

BOOST_AUTO_TEST_CASE(who_could_take_it_from_under_its_cover_gets_no_user_namespaces) {
  bundle.Volume("/work", work);
  const Outcome refused = RunWith({}, kUncover);
  BOOST_TEST(refused.output.find("No space left on device") != std::string::npos, refused.output);
  BOOST_TEST(refused.output.find("secret") == std::string::npos, refused.output);
  const Outcome text = bundle.Agentbox({"plan", bundle.Path()});
  BOOST_TEST(text.output.find("user/max_user_namespaces = 0  [/work/.env is covered, and could be "
                              "moved]\n") != std::string::npos,
             text.output);
  // Where nothing can be moved, or the policy says so, there are some.
  bundle.Volume("/work", work, {"rbind", "ro"});
  BOOST_TEST(RunWith({}, "unshare -U -r id -u").output == "0\n");
  bundle.Volume("/work", work);
  const std::string policy = directory.Path() + "/policy.json";
  WriteFile(policy, R"({"limits": {"userNamespaces": 10}})");
  BOOST_TEST(RunWith({"--policy", policy}, kUncover).output == "secret");
}

// Of a volume with "ro" what is mounted in it can be written to as before.
BOOST_AUTO_TEST_CASE(what_is_mounted_in_a_read_only_volume_may_be_written_to) {
  const std::string disk = work + "/disk";
  fs::create_directory(disk);
  BOOST_REQUIRE(::mount("disk", disk.c_str(), "tmpfs", 0, nullptr) == 0);
  Write("disk/sub/TLS.KEY", "secret");
  fs::permissions(disk + "/sub", fs::perms::all);
  fs::permissions(disk, fs::perms::all);
  const std::string uncover = "cd /work/disk; " + kUncover.substr(kUncover.find("mkdir e"));
  bundle.Volume("/work", work, {"rbind", "ro"});
  BOOST_TEST(RunWith({}, uncover).output.find("No space left on device") != std::string::npos);
  bundle.Volume("/work", work, {"rbind", "rro"});
  BOOST_TEST(RunWith({}, "unshare -U -r id -u").output == "0\n");
  ::umount2(disk.c_str(), MNT_DETACH);
}

BOOST_AUTO_TEST_CASE(who_may_mount_is_warned_of) {
  bundle.Volume("/work", work).Capability("SYS_ADMIN");
  const Outcome outcome = bundle.Run({"/bin/true"});
  BOOST_TEST(outcome.errors.find("/work/.env is denied (deny.files: **/.env), but who has "
                                 "CAP_SYS_ADMIN can take it out") != std::string::npos,
             outcome.errors);
}

BOOST_AUTO_TEST_CASE(a_directory_above_it_may_be_renamed) {
  bundle.Volume("/work", work);
  BOOST_TEST(Out("cd /work; mv sub moved; mkdir sub; ls moved; cat moved/TLS.KEY 2>/dev/null; " +
                 kSearch) ==
             "TLS.KEY\nfile\nlink\nother-name\n/work/.env.example\n/work/moved/file");
}

BOOST_AUTO_TEST_CASE(a_bind_of_a_parent_and_a_second_one_show_as_little) {
  bundle.Volume("/work", directory.Path()).Volume("/again", work).Volume("/again/inner", work);
  BOOST_TEST(Out("grep -rs secret /work /again; grep -rsl public /work /again | wc -l") == "6");
}

// A whiteout in a layer stays at a name, whatever another mount does to the directory below it.
BOOST_AUTO_TEST_CASE(no_rename_in_one_mount_shows_it_in_a_layer_over_the_same_directory) {
  Write("open/file", "public");
  const std::string rename =
      "mv /work/sub /work/moved; mv /work/open /work/opened; cat /work/opened/file; "
      "cat /again/moved/TLS.KEY /again/work/moved/TLS.KEY /again/TLS.KEY; grep -rs secret /again";
  for (const std::string& source : {work, directory.Path(), work + "/sub"}) {
    for (const char* const mode : {"throwaway", "review"}) {
      BOOST_TEST_CONTEXT(source << ", " << mode) {
        Bundle own;
        own.Volume("/work", work).Volume("/again", source);
        own.config["annotations"]["dev.agentbox.mount./again"] = mode;
        const Outcome outcome = own.Run({"/bin/sh", "-c", rename});
        BOOST_TEST(outcome.output == "public", outcome.errors);
        // Of what is at the layer's root no name changes.
        BOOST_TEST(fs::exists(work + "/sub") == (source != work + "/sub"));
        RunCommand({AgentboxPath(), "discard", own.Id()});
        fs::remove_all(work + "/moved");
        fs::rename(work + "/opened", work + "/open");
        Write("sub/TLS.KEY", "secret");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_rename_moves_it_to_where_another_mount_begins) {
  Write("open/file", "public");
  bundle.Volume("/work", work).Volume("/open", work + "/open");
  BOOST_TEST(Out("mv /work/sub /work/open/ 2>&1 | grep -o busy; cat /open/sub/TLS.KEY; "
                 "mv /work/sub/file /open/again && cat /work/open/again; grep -rs secret /open; "
                 "true") == "busy\npublic");
  const Outcome text = bundle.Agentbox({"plan", bundle.Path()});
  BOOST_TEST(text.output.find("  held /work/sub\n") != std::string::npos, text.output);
}

// Nor where one was never to be seen.
BOOST_AUTO_TEST_CASE(where_no_other_mount_shows_it_directories_can_be_renamed) {
  Write("open/file", "public");
  bundle.Volume("/again", directory.Path()).Volume("/again/work", work);
  bundle.Volume("/other", work + "/sub");
  bundle.config["annotations"]["dev.agentbox.mount./again"] = "throwaway";
  BOOST_TEST(Out("mv /again/work/sub /again/work/moved && cat /again/work/moved/file; "
                 "grep -rs secret /again /other; true") == "public");
}

BOOST_AUTO_TEST_CASE(a_denied_file_that_is_bound_itself_is_covered_and_said) {
  bundle.Volume("/settings", work + "/.env").Volume("/shown", work + "/.env.example");
  const Outcome outcome = bundle.Run({"/bin/sh", "-c", "cat /settings /shown; true"});
  BOOST_TEST(outcome.output == "public", outcome.errors);
  BOOST_TEST(outcome.errors.find("/.env\" is denied, and not shown (deny.files: **/.env)") !=
                 std::string::npos,
             outcome.errors);
}

// By paths of the container: the host has nothing there.
BOOST_AUTO_TEST_CASE(what_a_denied_symlink_leads_to_in_the_container_is_denied) {
  for (const char* name : {"config/first", "config/second", "config/third"})
    Write(name, "secret");
  Write("config/open", "public");
  fs::create_symlink("/work/config/first", work + "/a.key");
  fs::create_symlink("/work/sub/way/second", work + "/b.key");
  fs::create_symlink("/again/config", work + "/sub/way");
  fs::create_symlink("../../work/config/third", work + "/sub/c.key");
  fs::create_symlink("/etc/passwd", work + "/d.key");
  fs::create_symlink("/work/e.key", work + "/e.key");
  bundle.Volume("/work", work).Volume("/again", work);
  BOOST_TEST(Out("cat /work/config/open; grep -rs secret /work /again; "
                 "test -s /etc/passwd && echo; true") == "public");
  bundle.config["annotations"]["dev.agentbox.mount./work"] = "throwaway";
  BOOST_TEST(Out("cat /work/config/open; grep -rs secret /work /again; true") == "public");
}

BOOST_AUTO_TEST_CASE(another_name_of_it_that_is_a_volume_itself_is_denied) {
  Write("keys/.env", "secret");
  fs::create_hard_link(work + "/.env", directory.Path() + "/one");
  fs::create_hard_link(work + "/keys/.env", directory.Path() + "/other");
  fs::create_directories(directory.Path() + "/beside");
  fs::create_hard_link(work + "/keys/.env", directory.Path() + "/beside/name");
  bundle.Volume("/work", work).Volume("/one", directory.Path() + "/one");
  BOOST_TEST(Out("grep -rs secret /work /one; true").empty());
  Bundle single;
  single.Volume("/one", work + "/keys/.env").Volume("/beside", directory.Path() + "/beside");
  BOOST_TEST(single.OutputOf({"/bin/sh", "-c", "grep -rs secret /one /beside; true"}).empty());
}

// An engine's (Podman's ":O"), whose upper directory is the caller's.
BOOST_AUTO_TEST_CASE(what_is_in_the_upper_directory_of_an_overlay_is_denied) {
  const std::string base = directory.Path();
  for (const char* const name : {"upper/sub", "state"})
    fs::create_directories(base + "/" + name);
  for (const char* const name : {"upper/x.pem", "upper/sub/y.pem"})
    WriteFile(base + "/" + name, "secret");
  bundle.Mount("/work",
               "overlay",
               "overlay",
               {"lowerdir=" + work, "upperdir=" + base + "/upper", "workdir=" + base + "/state"});
  BOOST_TEST(Out("cat /work/sub/file; grep -rs secret /work; true") == "public");
}

BOOST_AUTO_TEST_CASE(of_a_home_what_is_denied_there_is_covered) {
  for (const char* name : {".ssh/id", ".config/gh/hosts.yml", ".aws/credentials"}) {
    Write(name, "secret");
  }
  bundle.Volume("/work", directory.Path()).Volume("/keys", work + "/.ssh");
  bundle.Args(
      {"/bin/sh", "-c", "grep -rs secret /work /keys; ls /work/work/.ssh || echo unreadable"});
  const Outcome outcome = bundle.Run(CommandOptions{.environment = {"HOME=" + work}});
  BOOST_TEST(outcome.output == "unreadable\n", outcome.errors);
}

// In a volume that the mount is in, in one that is the mount, and in one that it is outside of.
BOOST_AUTO_TEST_CASE(what_is_in_a_denied_directory_is_denied_where_else_it_is_mounted) {
  Write(".ssh/keys/id", "secret");
  Write("sub/id", "public");
  const std::string again = directory.Path() + "/again";
  fs::create_directories(again + "/keys");
  BOOST_REQUIRE(
      ::mount(
          (work + "/.ssh/keys").c_str(), (again + "/keys").c_str(), nullptr, MS_BIND, nullptr) ==
      0);
  bundle.Volume("/again", again).Volume("/keys", again + "/keys").Volume("/sub", work + "/sub");
  bundle.Args({"/bin/sh", "-c", "grep -rs secret /again /keys; cat /sub/id"});
  const Outcome outcome = bundle.Run(CommandOptions{.environment = {"HOME=" + work}});
  ::umount2((again + "/keys").c_str(), MNT_DETACH);
  BOOST_TEST(outcome.output == "public", outcome.errors);
}

// As it is where a volume comes without what is mounted in it.
BOOST_AUTO_TEST_CASE(what_lies_beneath_a_mount_of_the_host_is_denied_as_well) {
  Write("mnt/.env", "secret");
  Write("mnt/deep/id_rsa", "secret");
  Write("mnt/file", "public");
  fs::create_hard_link(work + "/mnt/.env", work + "/mnt/deep/name");
  const MountedTmpfs covering(work + "/mnt");
  WriteFile(work + "/mnt/.env", "secret");
  const std::string script = "cat /work/mnt/file; grep -rs secret /work; true";
  const auto shown = [&] { return Out(script); };
  bundle.Volume("/work", work, {"bind", "rw"});
  BOOST_TEST(shown() == "public");
  for (const char* const mode : {"throwaway", "review", "readonly"}) {
    bundle.config["annotations"]["dev.agentbox.mount./work"] = mode;
    BOOST_TEST(shown() == "public", mode);
    RunCommand({AgentboxPath(), "discard", bundle.Id()});
  }
}

BOOST_AUTO_TEST_CASE(the_policy_says_in_which_volumes) {
  bundle.Volume("/work", work);
  const std::string policy = directory.Path() + "/policy.json";
  WriteFile(policy, R"({"deny": {"volumes": ["+", "!)" + work + R"(/"]}})");
  BOOST_TEST(RunWith({"--policy", policy}, "cat /work/.env").output == "secret");
  WriteFile(policy, R"({"deny": {"files": []}})");
  BOOST_TEST(RunWith({"--policy", policy}, "cat /work/.env").output == "secret");
}

BOOST_AUTO_TEST_CASE(an_annotation_denies_more_and_allows_nothing) {
  bundle.Volume("/work", work);
  bundle.config["annotations"]["dev.agentbox.deny.files"] = "file,*.example";
  BOOST_TEST(Out(kSearch).empty());
  bundle.config["annotations"]["dev.agentbox.deny.files"] = "!**/.env";
  CheckFails(bundle.Run({"/bin/true"}), 1, "would loosen deny.files");
}

BOOST_AUTO_TEST_CASE(a_project_denies_more_and_nothing_else) {
  bundle.Volume("/work", work);
  Write(".agentbox/policy.json", R"({"deny": {"files": ["sub/"]}})");
  BOOST_TEST(Out(kSearch) == "/work/.env.example");
  Write(".agentbox/policy.json", R"({"rootfs": "engine"})");
  CheckFails(
      bundle.Run({"/bin/true"}), 1, "rootfs: a project may set deny.files, and nothing else");
}

BOOST_AUTO_TEST_CASE(the_plan_says_what_is_denied_and_why) {
  bundle.Volume("/work", work).WriteConfig();
  const Outcome text = bundle.Agentbox({"plan", bundle.Path()});
  BOOST_TEST(text.output.find("  covered /work/.env  [deny.files: **/.env]\n") != std::string::npos,
             text.output);
  const auto json =
      nlohmann::json::parse(bundle.Agentbox({"plan", "--json", bundle.Path()}).output);
  BOOST_TEST(json["denied"][0]["path"] == "/work/.env");
  BOOST_TEST(json["denied"][0]["origin"] == "deny.files: **/.env");
}

// A mount shows what the host has; a rule is looked up when the sandbox is made.
BOOST_AUTO_TEST_CASE(what_appears_on_the_host_later_is_seen) {
  bundle.Volume("/work", work).Args({"/bin/sleep", "1000"}).Launch();
  BOOST_TEST(!bundle.Exec({"/bin/cat", "/work/.env"}).Succeeded());
  Write("sub/.env", "late");
  BOOST_TEST(bundle.ExecOutputOf({"/bin/cat", "/work/sub/.env"}) == "late");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
