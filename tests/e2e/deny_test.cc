// The policy's deny rules under `agentbox do` (agentbox-policy(5), DENY RULES).
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/do_box.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

// A working directory in which all that is denied by default says "secret", and all else "public".
struct Project : DoBox {
  std::string work = tree / "work";

  Project() {
    for (const char* name : {".env",
                             "sub/.env.local",
                             "sub/.ENV",
                             "sub/Server.Pem",
                             "sub/deep/id_rsa",
                             "sub/deep/a.key",
                             "credentials.json"}) {
      Write(name, "secret");
    }
    for (const char* name : {".env.example", "sub/file", "sub/cacert.pem", "sub/env"}) {
      Write(name, "public");
    }
    Write("sub/.npmrc", "//registry/:_authToken=secret\n");
    Write("web/.npmrc", "public=true\n//registry/:_authToken=${TOKEN}\n");
    fs::create_hard_link(work + "/.env", work + "/sub/other-name");
    fs::create_symlink("../.env", work + "/sub/link");
  }

  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(work + "/" + name).parent_path());
    WriteFile(work + "/" + name, text);
  }

  // Of a script in the working directory.
  std::string Out(const std::string& script, Strings options = {}) const {
    options.insert(options.end(), {"-C", work});
    return OutputOf(script, options);
  }
};

// A directory that is bind-mounted in another place.
class BoundDirectory {
 public:
  BoundDirectory(const std::string& source, std::string target) : target_(std::move(target)) {
    fs::create_directories(target_);
    BOOST_REQUIRE(::mount(source.c_str(), target_.c_str(), nullptr, MS_BIND, nullptr) == 0);
  }
  BoundDirectory(const BoundDirectory&) = delete;
  BoundDirectory& operator=(const BoundDirectory&) = delete;
  ~BoundDirectory() { ::umount2(target_.c_str(), MNT_DETACH); }

 private:
  std::string target_;
};

const std::string kShown = "./.env.example\n./sub/cacert.pem\n./sub/env\n./sub/file\n./web/.npmrc";
const std::string kFindPublic = "grep -rsl public . | sort; ";
const std::string kFindSecret = "grep -rs secret .; cat sub/link ./sub/../.env 2>/dev/null; true";

BOOST_FIXTURE_TEST_SUITE(deny_do, Project)

BOOST_AUTO_TEST_CASE(in_a_throwaway_directory_what_is_denied_is_not_there) {
  BOOST_TEST(Out("find . ! -type d | sort") ==
             "./.env.example\n./sub/cacert.pem\n./sub/env\n./sub/file\n./sub/link\n./web/.npmrc");
  BOOST_TEST(Out(kFindPublic + kFindSecret) == kShown);
  // A file of that name can be made, and is the command's own.
  BOOST_TEST(Out("echo mine > .env; cat .env sub/link") == "mine\nmine");
  BOOST_TEST(ReadFile(work + "/.env") == "secret");
}

BOOST_AUTO_TEST_CASE(in_a_readonly_directory_what_is_denied_is_not_there) {
  BOOST_TEST(Out("find . ! -type d | sort", {"--readonly"}) ==
             "./.env.example\n./sub/cacert.pem\n./sub/env\n./sub/file\n./sub/link\n./web/.npmrc");
  BOOST_TEST(Out(kFindPublic + kFindSecret, {"--readonly"}) == kShown);
}

BOOST_AUTO_TEST_CASE(written_through_it_is_covered_by_what_root_can_not_read) {
  BOOST_TEST(Out(kFindPublic + kFindSecret, {"--direct"}) == kShown);
  BOOST_TEST(Out("stat -c '%F %a' .env sub/other-name; cat .env 2>/dev/null || echo unreadable; "
                 "echo x 2>/dev/null > .env || echo unwritable",
                 {"--direct"}) ==
             "regular empty file 0\nregular empty file 0\nunreadable\nunwritable");
  BOOST_TEST(ReadFile(work + "/.env") == "secret");
}

BOOST_AUTO_TEST_CASE(a_cover_can_not_be_taken_off) {
  BOOST_TEST(Out("for command in 'rm -f .env' 'mv .env x' 'umount .env' 'chmod 777 .env' "
                 "'mount -o remount,rw,bind .env'; do $command 2>/dev/null && echo $command; done; "
                 "unshare -rm sh -c 'umount .env' 2>/dev/null; grep -rs secret .; true",
                 {"--direct", "--profile", "engine"})
                 .empty());
  BOOST_TEST(ReadFile(work + "/.env") == "secret");
}

BOOST_AUTO_TEST_CASE(a_directory_above_it_may_be_renamed) {
  const std::string rename = "mv sub moved && mkdir sub && ls moved/file && ";
  BOOST_TEST(Out(rename + kFindSecret) == "moved/file");
  BOOST_TEST(Out(rename + kFindSecret, {"--direct"}) == "moved/file");
  BOOST_TEST(ReadFile(work + "/moved/.env.local") == "secret");
}

BOOST_AUTO_TEST_CASE(a_denied_directory_is_denied_with_all_in_it) {
  Write("data.key/a/file", "secret");
  fs::create_hard_link(work + "/data.key/a/file", work + "/copy");
  BOOST_TEST(Out("ls -d data.key copy 2>/dev/null; " + kFindSecret).empty());
  BOOST_TEST(Out("ls data.key 2>/dev/null || echo unreadable; " + kFindSecret, {"--direct"}) ==
             "unreadable");
}

BOOST_AUTO_TEST_CASE(what_a_denied_symlink_leads_to_is_denied_in_the_directory_alone) {
  Write("settings/production", "secret");
  fs::create_symlink("../settings/production", work + "/web/.env");
  Write("settings/staging", "secret");
  fs::create_symlink(work + "/settings/staging", work + "/.env.staging");
  fs::create_symlink("/etc/hostname", work + "/web/x.key");
  fs::create_symlink(tree / "beside", work + "/web/y.key");
  WriteFile(tree / "beside", "public");
  Write("web/file", "public");
  // To a directory, to nothing, and in a circle.
  fs::create_symlink(work + "/web", work + "/z.key");
  fs::create_symlink("nothing", work + "/nothing.key");
  fs::create_symlink("circle.key", work + "/circle.key");
  for (const Strings& options : {Strings{}, Strings{"--direct"}}) {
    BOOST_TEST(Out("cat web/.env web/x.key .env.staging settings/* 2>/dev/null; "
                   "cat ../beside web/file /etc/hostname",
                   options) == "publicpublic" + Chomp(ReadFile("/etc/hostname")));
  }
}

BOOST_AUTO_TEST_CASE(what_is_denied_of_a_home_is_denied_everywhere) {
  const std::string home = work + "/home";
  Write("home/.ssh/id", "secret");
  Write("home/.Config/GH/hosts.yml", "secret");
  Write("home/keys/netrc", "secret");
  Write("home/.profile", "public");
  fs::create_symlink("keys/netrc", home + "/.netrc");
  fs::create_hard_link(home + "/.ssh/id", work + "/sub/id");
  const CommandOptions how = {.environment = {"HOME=" + home}};
  const std::string script = "grep -rsh . ~ | sort -u; " + kFindSecret;
  BOOST_TEST(OutputOf(script, {"-C", work}, how) == "public");
  BOOST_TEST(OutputOf(script, {"-C", work, "--direct"}, how) == "public");
  BOOST_TEST(OutputOf("grep -rsh . ~ | sort -u", {}, how) == "public");
}

// As people have them who keep such files in a repository (stow, chezmoi).
BOOST_AUTO_TEST_CASE(what_symlinks_in_a_denied_directory_lead_to_is_denied_in_homes_alone) {
  const std::string home = work + "/home";
  for (const char* name : {"home/dotfiles/ssh/id",
                           "home/dotfiles/keys/deep/id",
                           "home/dotfiles/more/id",
                           "home/dotfiles/config/gh/hosts.yml"}) {
    Write(name, "secret");
  }
  Write("home/dotfiles/file", "public");
  Write("beside/file", "public");
  Write("home/.ssh/known_hosts", "secret");
  fs::create_symlink("../dotfiles/ssh/id", home + "/.ssh/id");
  fs::create_symlink(home + "/dotfiles/keys", home + "/.ssh/keys");
  fs::create_symlink("../more", home + "/dotfiles/keys/more");
  fs::create_symlink(".", home + "/dotfiles/keys/deep/circle");
  fs::create_symlink("dotfiles/config", home + "/.config");
  fs::create_hard_link(home + "/dotfiles/keys/deep/id", work + "/beside/id");
  fs::create_symlink(work + "/beside", home + "/.ssh/beside");
  fs::create_symlink("..", home + "/.ssh/home");
  fs::create_symlink("/", home + "/.ssh/all");
  const CommandOptions how = {.environment = {"HOME=" + home}};
  for (const Strings& options : {Strings{"-C", work}, Strings{"-C", work, "--direct"}}) {
    BOOST_TEST(OutputOf(kFindSecret + "; cat home/dotfiles/file beside/file", options, how) ==
               "publicpublic");
  }
}

// By do.hide, which names more than deny rules do.
BOOST_AUTO_TEST_CASE(what_symlinks_in_a_hidden_directory_lead_to_is_hidden_in_homes_alone) {
  const std::string home = work + "/home";
  Write("home/dotfiles/pass/a.gpg", "secret");
  Write("home/dotfiles/more/deep/b.gpg", "secret");
  Write("home/dotfiles/file", "public");
  Write("beside/file", "public");
  Write("home/.password-store/team/c.gpg", "secret");
  fs::create_symlink("../dotfiles/pass/a.gpg", home + "/.password-store/a.gpg");
  fs::create_symlink(home + "/dotfiles/more", home + "/.password-store/team/more");
  fs::create_symlink(work + "/beside", home + "/.password-store/beside");
  fs::create_symlink("..", home + "/.password-store/home");
  const CommandOptions how = {.environment = {"HOME=" + home}};
  for (const Strings& options : {Strings{"-C", work}, Strings{"-C", work, "--direct"}}) {
    BOOST_TEST(OutputOf(kFindSecret + "; cat home/dotfiles/file beside/file", options, how) ==
               "publicpublic");
  }
  BOOST_TEST(OutputOf("cat home/dotfiles/pass/a.gpg",
                      {"-C", work, "--show", home + "/dotfiles/pass/a.gpg"},
                      how) == "secret");
}

BOOST_AUTO_TEST_CASE(showing_is_not_stronger_and_the_policy_file_is) {
  Strings options = {"--show", work + "/.env", "--show", work + "/sub"};
  BOOST_TEST(Out(kFindPublic + kFindSecret, options) == kShown);
  const std::string policy = tree / "policy.json";
  WriteFile(policy, R"({"deny": {"files": ["+", "!/.env", "file"]}})");
  options = {"--policy", policy};
  BOOST_TEST(Out("cat .env; ls sub/other-name sub/file 2>/dev/null; true", options) ==
             "secretsub/other-name");
  WriteFile(policy, R"({"deny": {"files": [], "filesWithTokens": []}})");
  BOOST_TEST(Out("grep -rs secret . | wc -l", options) == "9");
}

// Of a link that is shown in a hidden directory, to what is denied or has such in it.
BOOST_AUTO_TEST_CASE(showing_a_symlink_shows_nothing_that_is_denied) {
  const std::string home = work + "/home";
  for (const char* name : {"home/.ssh/id", "home/.netrc", "home/notes/own"})
    Write(name, "secret");
  Write("home/file", "public");
  fs::create_symlink("../.ssh", home + "/notes/keys");
  fs::create_symlink(home + "/.ssh/id", home + "/notes/key");
  fs::create_symlink("..", home + "/notes/home");
  fs::create_symlink("../file", home + "/notes/file");
  Strings options = {"--hide", home + "/notes"};
  for (const char* name : {"keys", "key", "file"})
    options.insert(options.end(), {"--show", home + "/notes/" + name});
  const CommandOptions how = {.environment = {"HOME=" + home}};
  const std::string script = "cd ../home/notes; cat file; cat key keys/id own 2>/dev/null; true";
  for (const char* const mode : {"--throwaway", "--direct", "--readonly"}) {
    Strings with = options;
    with.insert(with.end(), {mode, "-C", work + "/sub"});
    BOOST_TEST(OutputOf(script, with, how) == "public", mode);
    with.insert(with.end(), {"--show", home + "/notes/home"});
    BOOST_TEST(
        OutputOf("cd ../home/notes; cat home/file home/.ssh/id home/.netrc 2>/dev/null; true",
                 with,
                 how) == "public",
        mode);
  }
}

BOOST_AUTO_TEST_CASE(a_project_denies_more_and_nothing_else) {
  const std::string file = ".agentbox/policy.json";
  Write(file, R"({"deny": {"files": ["/sub/", "*.example"]}})");
  BOOST_TEST(Out("find . ! -type d | sort") == "./.agentbox/policy.json\n./web/.npmrc");
  const auto fails = [&](const std::string& text, const std::string& part) {
    Write(file, text);
    CheckFails(Do({"true"}, {"-C", work}), 125, work + "/" + file + ": " + part);
  };
  fails(R"({"do": {"show": ["~/.ssh"]}})", "do: a project may set deny.files, and nothing else");
  fails(R"({"deny": {"files": ["!**/.env"]}})", "deny.files[0]: \"!**/.env\": a project may only");
  fails(std::string(100'000, ' '), "");
  fs::remove(work + "/" + file);
  fs::create_symlink("/etc/agentbox/policy.json", work + "/" + file);
  CheckFails(Do({"true"}, {"-C", work}), 125, "ELOOP");
  fs::remove(work + "/" + file);
  BOOST_REQUIRE(::mkfifo((work + "/" + file).c_str(), 0666) == 0);
  CheckFails(Do({"true"}, {"-C", work}), 125, "is no regular file");
}

BOOST_AUTO_TEST_CASE(another_mount_of_what_is_in_a_denied_directory_does_not_show_it) {
  Write("home/.ssh/keys/id", "secret");
  const BoundDirectory keys(work + "/home/.ssh/keys", tree / "keys");
  const BoundDirectory within(work + "/home/.ssh/keys", work + "/sub/keys");
  const CommandOptions how = {.environment = {"HOME=" + work + "/home"}};
  BOOST_TEST(OutputOf(kFindSecret + "; cat ../keys/id 2>/dev/null; true", {"-C", work}, how) == "");
}

BOOST_AUTO_TEST_CASE(no_namespace_of_its_own_takes_it_from_under_its_cover) {
  const std::string uncover =
      "mkdir e; unshare -Urm sh -c 'mkdir /tmp/m; mount --bind e /tmp/m && mv sub e && cat "
      "/tmp/m/sub/.env.local' 2>/dev/null; true";
  BOOST_TEST(Out(uncover, {"--direct"}).empty());
}

BOOST_AUTO_TEST_CASE(no_rename_shows_it_in_another_mount_of_the_directory) {
  Write("open/file", "public");
  const BoundDirectory again(work, tree / "again");
  BOOST_TEST(Out("mv sub moved 2>&1 | grep -o busy; mv open opened; cat ../again/opened/file; "
                 "mv sub/file here && cat here; cat ../again/moved/.env.local 2>/dev/null; "
                 "grep -rs secret . ../again; true",
                 {"--direct"}) == "busy\npublicpublic");
}

// The same file system, mounted once more.
BOOST_AUTO_TEST_CASE(another_mount_of_the_directory_does_not_show_it) {
  const std::string disk = tree / "disk";
  const std::string again = tree / "again";
  const MountedTmpfs tmpfs(disk);
  fs::create_directories(disk + "/project");
  fs::create_directories(again);
  WriteFile(disk + "/project/.env", "secret");
  WriteFile(disk + "/project/file", "public");
  BOOST_REQUIRE(::mount(disk.c_str(), again.c_str(), nullptr, MS_BIND, nullptr) == 0);
  const Outcome outcome = Sh("cat file ../../again/project/file; grep -rs secret . ../../again",
                             {"-C", disk + "/project"});
  ::umount2(again.c_str(), MNT_DETACH);
  // Before Linux 6.3 tmpfs can not be shown at all.
  if (outcome.status == 125) {
    BOOST_TEST(outcome.errors.find("no throwaway layer") != std::string::npos, outcome.errors);
  } else {
    BOOST_TEST(outcome.output == "publicpublic", outcome.errors);
  }
}

BOOST_AUTO_TEST_CASE(what_is_mounted_below_the_directory_is_searched) {
  const MountedTmpfs tmpfs(work + "/disk");
  Write("disk/.env", "secret");
  Write("disk/file", "public");
  BOOST_TEST(Out(kFindSecret).empty());
  BOOST_TEST(Out("cat disk/file; true").find("secret") == std::string::npos);
}

// Of which the sandbox may see what is beneath: an overlay besides the root is left out.
BOOST_AUTO_TEST_CASE(what_lies_beneath_a_mount_that_is_left_out_is_denied_as_well) {
  Write("mnt/.env", "secret");
  Write("mnt/file", "public");
  for (const char* const name : {"lower", "upper", "work"})
    fs::create_directories(tree / "layers" + "/" + name);
  const std::string options = "lowerdir=" + (tree / "layers/lower") +
                              ",upperdir=" + (tree / "layers/upper") +
                              ",workdir=" + (tree / "layers/work");
  const BoundDirectory again(work, tree / "again");
  BOOST_REQUIRE(::mount("overlay", (work + "/mnt").c_str(), "overlay", 0, options.c_str()) == 0);
  for (const char* const mode : {"--review", "--throwaway", "--direct", "--readonly"}) {
    BOOST_TEST(Out("cat mnt/file; grep -rs secret . ../again; true", {mode}) == "public", mode);
  }
  ::umount2((work + "/mnt").c_str(), MNT_DETACH);
}

BOOST_AUTO_TEST_CASE(the_plan_says_what_is_denied_and_why) {
  const Outcome thrown = Sh("true", {"-C", work, "--verbose"});
  const auto says = [](const Outcome& outcome, const std::string& line) {
    return outcome.errors.find("  " + line + "\n") != std::string::npos;
  };
  BOOST_TEST(says(thrown, "not there " + work + "/.env  [deny.files: **/.env]"), thrown.errors);
  BOOST_TEST(says(thrown, "not there " + work + "/sub/.npmrc  [deny.filesWithTokens: **/.npmrc]"));
  const Outcome direct = Sh("true", {"-C", work, "--verbose", "--direct"});
  BOOST_TEST(says(direct, "covered " + work + "/sub/Server.Pem  [deny.files: **/*.pem]"));
  BOOST_TEST(
      says(direct,
           "covered " + work + "/sub/other-name  [deny.files: **/.env, as " + work + "/.env]"),
      direct.errors);
}

// A user of this machine, whose the working directory is.
struct UsersProject : Project {
  User user;
  std::string agentbox = tree / "agentbox";

  UsersProject() {
    fs::copy_file(AgentboxPath(), agentbox);
    fs::permissions(agentbox, fs::perms(0755));
    GiveAway();
  }

  void GiveAway() const {
    BOOST_REQUIRE(RunCommand({"chown", "-R", user.Name(), work}).Succeeded());
  }

  Outcome RunAsUser(const std::string& mode,
                    const std::string& script,
                    const std::string& home = "$HOME") const {
    return user.Run("cd " + work + "; HOME=" + home + " " + agentbox +
                    " do -q --network none --name " + NewId() + " " + mode + " sh -c '" + script +
                    "'");
  }
};

BOOST_FIXTURE_TEST_CASE(a_user_without_root_sees_as_little, UsersProject) {
  for (const char* mode : {"", "--direct", "--readonly"}) {
    const Outcome outcome = RunAsUser(mode, kFindPublic + kFindSecret);
    BOOST_TEST(Chomp(outcome.output) == kShown, mode << ": " << outcome.errors);
  }
}

// Its owner could make it readable; and others, who can search it, know the names.
BOOST_FIXTURE_TEST_CASE(a_directory_that_can_not_be_searched_is_denied, UsersProject) {
  for (const char* name : {"own/.env", "closed/.env", "others/.env"}) {
    Write(name, "secret");
  }
  Write("roots/file", "public");
  GiveAway();
  fs::permissions(work + "/own", fs::perms(0311));
  fs::permissions(work + "/closed", fs::perms(0));
  for (const char* name : {"others", "roots"}) {
    BOOST_REQUIRE(RunCommand({"chown", "root:root", work + "/" + name}).Succeeded());
  }
  fs::permissions(work + "/others", fs::perms(0711));
  fs::permissions(work + "/roots", fs::perms(0700));
  for (const char* mode : {"--throwaway", "--direct", "--readonly"}) {
    const Outcome outcome = RunAsUser(
        mode,
        "chmod 755 own closed 2>/dev/null; cat own/.env closed/.env others/.env 2>/dev/null; "
        "stat -c %n roots");
    BOOST_TEST(outcome.output == "roots\n", mode << ": " << outcome.errors);
  }
}

BOOST_FIXTURE_TEST_CASE(a_home_that_can_not_be_searched_is_denied, UsersProject) {
  const std::string home = tree / "home";
  // Where layers are kept.
  fs::create_directories(home + "/.local");
  BOOST_REQUIRE(RunCommand({"chown", user.Name(), home + "/.local"}).Succeeded());
  WriteFile(home + "/.netrc", "secret");
  fs::permissions(home, fs::perms(0711));
  // do.hide looks for nothing, and names that file, too.
  const std::string policy = tree / "policy.json";
  WriteFile(policy, R"({"do": {"hide": []}})");
  const std::string options = "--direct --policy " + policy;
  const std::string script = "chmod 755 ~ 2>/dev/null; cat ~/.netrc 2>/dev/null; echo end";
  Outcome outcome = RunAsUser(options, script, home);
  BOOST_TEST(outcome.output == "end\n", outcome.errors);
  BOOST_REQUIRE(RunCommand({"chown", "-R", user.Name(), home}).Succeeded());
  fs::permissions(home, fs::perms(0311));
  outcome = RunAsUser(options, script, home);
  BOOST_TEST(outcome.output == "end\n", outcome.errors);
}

BOOST_FIXTURE_TEST_CASE(a_working_directory_that_can_not_be_searched_is_refused, UsersProject) {
  fs::permissions(work, fs::perms(0311));
  CheckFails(RunAsUser("--direct", "true"), 125, "can not be read, and so not searched");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
