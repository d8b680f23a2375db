// `agentbox do` by users without root and behind sudo(8), and what it hands to the command: its
// standard streams.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/do_box.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(do_command_users, DoBox)

BOOST_AUTO_TEST_CASE(behind_sudo_the_command_is_the_users) {
  const CommandOptions how = {
      .environment = {"SUDO_UID=1", "SUDO_GID=1", "SUDO_USER=daemon", "SUDO_COMMAND=x"}};
  BOOST_TEST(OutputOf("id -u; id -g; echo $HOME $USER $SUDO_COMMAND", {}, how) ==
             "1\n1\n/usr/sbin daemon");
  BOOST_TEST(Sh("cat /etc/shadow /etc/sudoers", {}, how).status != 0);
  BOOST_TEST(OutputOf("grep NoNewPrivs /proc/self/status", {}, how) == "NoNewPrivs:\t1");
}

// Of a directory service, for instance: useradd(8) itself gives no such ids.
BOOST_AUTO_TEST_CASE(behind_sudo_the_users_id_may_be_beyond_the_range) {
  const User user({"-r", "-u", "1234567"});
  fs::permissions(tree.Path(), fs::perms(0777));
  const CommandOptions how = {
      .environment = {"SUDO_UID=1234567",
                      "SUDO_GID=" + Chomp(RunCommand({"id", "-g", user.Name()}).output),
                      "SUDO_USER=" + user.Name()}};
  BOOST_TEST(OutputOf("id -un; stat -c %U ~; touch file; stat -c %u file", {}, how) ==
             user.Name() + "\n" + user.Name() + "\n1234567");
  BOOST_TEST(OutputOf("touch file; stat -c %u file", {"--direct"}, how) == "1234567");
  BOOST_TEST(RunCommand({"stat", "-c", "%u", tree / "file"}).output == "1234567\n");
}

// The runtime where any user can read it.
std::string PublicAgentbox(const Tree& tree) {
  const std::string path = tree / "agentbox";
  fs::copy_file(AgentboxPath(), path);
  fs::permissions(path, fs::perms(0755));
  return path + " do -q --network none --name " + NewId() + " ";
}

void CheckUser(const User& user, const Tree& tree) {
  const std::string agentbox = PublicAgentbox(tree);
  const std::string run = agentbox + "--throwaway ";
  BOOST_REQUIRE(
      user.Run("mkdir ~/.ssh work; echo key > ~/.ssh/id; echo host > work/file").Succeeded());
  const auto output = [&](const std::string& command) {
    const Outcome outcome = user.Run(command);
    BOOST_TEST(outcome.status == 0, outcome.errors);
    return Chomp(outcome.output);
  };
  BOOST_TEST(output(run + "sh -c 'id -un; pwd; ls -A ~/.ssh 2>/dev/null; stat -c %U ~'") ==
             user.Name() + "\n" + user.Home() + "\n" + user.Name());
  BOOST_TEST(output("cd work; " + run + "sh -c 'echo in > file; cat file; echo x > new; ls'") ==
             "in\nfile\nnew");
  BOOST_TEST(output("cat work/file; ls work") == "host\nfile");
  BOOST_TEST(
      output("cd work; " + agentbox + "--direct sh -c 'echo out > new'; cat new; stat -c %U new") ==
      "out\n" + user.Name());
  BOOST_TEST(output("cd work; " + agentbox +
                    "--readonly sh -c 'cat file; echo x > file || echo refused' 2>&1 | tail -1") ==
             "refused");
  BOOST_TEST(
      output(
          run +
          "sh -c 'ls -A /tmp /run | grep -v :; echo x > /etc/x || echo refused' 2>&1 | tail -1") ==
      "refused");
  BOOST_TEST(user.Run(run + "sh -c 'kill -TERM $$'").status == 128 + SIGTERM);
  BOOST_TEST(output("ls -A ~/.local/share/agentbox /tmp/agentbox-$(id -u) "
                    "${XDG_RUNTIME_DIR+$XDG_RUNTIME_DIR/agentbox} 2>/dev/null | sed '/:$/d;/^$/d'")
                 .empty());
}

BOOST_AUTO_TEST_CASE(a_user_with_subordinate_ids_needs_no_root) {
  const User user;
  CheckUser(user, tree);
}

BOOST_AUTO_TEST_CASE(a_user_without_subordinate_ids_needs_none) {
  const User user({"-r"});
  CheckUser(user, tree);
}

// A link is shown, and what it leads to is where it is, or is not.
void CheckShown(const std::string& home, const std::function<Outcome(const std::string&)>& run) {
  const std::string hidden = home + "/.config/google-chrome";
  fs::create_directories(hidden + "/x");
  fs::create_directories(home + "/.ssh");
  for (const std::string& file : {hidden + "/x/file", hidden + "/x/other", home + "/.ssh/id"})
    WriteFile(file, fs::path(file).filename().string());
  fs::create_symlink(home + "/.ssh/id", hidden + "/x/secret");
  fs::create_symlink(home, hidden + "/x/home");
  const std::string in = "cd " + hidden + "/x; ";
  const Outcome seen = run("--show " + hidden + "/x/file sh -c '" + in + "ls; cat file'");
  BOOST_TEST(seen.output == "file\nfile", seen.errors);
  for (const std::string path : {"secret", "home", "gone"}) {
    const Outcome none = run("--show " + hidden + "/x/" + path + " sh -c 'cat " + hidden + "/x/" +
                             path + " " + hidden + "/x/home/.ssh/id'");
    BOOST_TEST(none.output == "", path);
    BOOST_TEST(none.status == 1, none.errors);
  }
}

BOOST_AUTO_TEST_CASE(within_a_hidden_directory_is_shown_what_is_asked_for_and_not_denied) {
  const User user;
  const std::string agentbox = PublicAgentbox(tree) + "--throwaway ";
  CheckShown(user.Home(),
             [&](const std::string& words) { return user.Run("cd; " + agentbox + words); });
  const std::string home = tree / "home";
  fs::create_directories(home);
  CheckShown(home, [&](const std::string& words) {
    return RunCommand({"sh", "-c", "cd \"$HOME\"; " + agentbox + words},
                      {.environment = {"HOME=" + home}});
  });
}

// For root they are in the layer. Without a limit they have the kernel's, half of the memory.
BOOST_AUTO_TEST_CASE(a_limit_holds_in_temporary_directories_without_root) {
  const User user;
  const std::string run = PublicAgentbox(tree) + "--throwaway ";
  const auto size = [&](const std::string& options, const std::string& path) {
    const Outcome seen = user.Run("cd; " + run + options + "df -B1 --output=size " + path);
    BOOST_TEST(seen.status == 0, seen.errors);
    return std::stoull(seen.output.substr(seen.output.find('\n') + 1));
  };
  for (const std::string path : {"/tmp", "/var/tmp", "~"})
    BOOST_TEST(size("--disk 8m ", path) == 8388608U, path);
  BOOST_TEST(size("", "/tmp") > 8388608U);
}

BOOST_AUTO_TEST_CASE(a_user_makes_templates_of_a_root_file_system_of_their_own) {
  const User user;
  const std::string agentbox = tree / "agentbox";
  fs::copy_file(AgentboxPath(), agentbox);
  fs::copy(SharedRootfs(),
           user.Home() + "/rootfs",
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  BOOST_REQUIRE(RunCommand({"chown", "-R", user.Name(), user.Home() + "/rootfs"}).Succeeded());
  const std::string create = agentbox + " template create --network none ";
  const Outcome below = user.Run(create +
                                 "below --image rootfs --run 'id -u; echo in > /file; "
                                 "mkdir /others; chown 5:6 /others'");
  BOOST_TEST(below.status == 0, below.errors);
  BOOST_TEST(below.output == "0\n");
  const Outcome above = user.Run(create +
                                 "above --image rootfs --template below --run "
                                 "'cat /file; stat -c %u:%g /others'");
  BOOST_TEST(above.output == "in\n5:6\n", above.errors);
  BOOST_TEST(user.Run("ls rootfs/file rootfs/others").output == "");
  CheckFails(user.Run(create + "system --run true"), 1, "by --image");
}

// Whatever keeps it from running; who hears of a package looks no further.
BOOST_AUTO_TEST_CASE(a_package_is_asked_for_where_it_is_missing_and_only_there) {
  const User user;
  const std::string run = "exec /usr/sbin/runuser -u " + user.Name() + " -- " +
                          PublicAgentbox(tree) + "-C / --throwaway true";
  const auto errors = [&](const std::string& mount) {
    return RunCommand({"unshare", "--mount", "sh", "-ec", mount + "; " + run}).errors;
  };
  const std::string null = tree / "null";
  BOOST_TEST(errors("mknod -m 600 " + null + " c 1 3; mount --bind " + null + " /dev/null") ==
             "agentbox: do: running /usr/bin/newuidmap: openat(2) of /dev/null: Permission denied "
             "(EACCES)\n");
  BOOST_TEST(errors("mount -t tmpfs none /usr/bin") ==
             "agentbox: do: newuidmap(1) is not installed: apt-get install uidmap\n");
}

// The records of ranges of ids are root's, and closed to users where there are any.
BOOST_AUTO_TEST_CASE(what_a_user_left_behind_is_collected_without_root) {
  fs::create_directories("/run/agentbox/@ids");
  fs::permissions("/run/agentbox", fs::perms(0700));
  const User user;
  const std::string agentbox = tree / "agentbox";
  fs::copy_file(AgentboxPath(), agentbox);
  const Outcome collected = user.Run("mkdir -p -m 700 state/x; " + agentbox + " --root state gc");
  BOOST_TEST(collected.status == 0, collected.errors);
  BOOST_TEST(collected.output == "removed container x\n");
}

// Of root's nothing is closed to root.
BOOST_AUTO_TEST_CASE(what_can_not_be_looked_at_does_not_stop_the_collection_of_the_rest) {
  const User user;
  const std::string agentbox = tree / "agentbox";
  fs::copy_file(AgentboxPath(), agentbox);
  const Outcome collected = user.Run(
      "umask 077; cd; mkdir -p state/x .local/share/agentbox/@reviews; (cd .local/share/agentbox; "
      "cd @reviews; mkdir -m 0 closed; mkdir half strange; ln -s /nowhere strange/lock); " +
      agentbox + " --root state gc");
  BOOST_TEST(collected.status == 1);
  BOOST_TEST(collected.output == "removed container x\nremoved review half\n");
  for (const std::string name : {"closed", "strange"})
    BOOST_TEST(collected.errors.find("gc: review " + name + ": ") != std::string::npos,
               collected.errors);
}

// By /proc/self/fd/0 the file itself could be opened anew, outside of every layer.
struct StreamAttack : DoBox {
  std::string file = tree / "file";
  std::string script =
      " sh -c '(read line; echo $line; echo x > /proc/self/fd/0; cat) 2> /dev/null' < file";

  StreamAttack() { WriteFile(file, "skipped\nfirst\nrest\n"); }
};

BOOST_FIXTURE_TEST_CASE(a_file_that_root_reads_from_can_not_be_written, StreamAttack) {
  fs::permissions(file, fs::perms(0666));
  const std::string run = AgentboxPath() + " do -q --throwaway --network none --name " + NewId();
  // The stream stays where its reader was.
  const Outcome outcome = RunCommand(
      {"sh", "-c", "{ read skipped; " + run + script.substr(0, script.find(" < ")) + "; } < file"},
      {.directory = tree.Path()});
  BOOST_TEST(outcome.output == "first\nrest\n", outcome.errors);
  BOOST_TEST(ReadFile(file) == "skipped\nfirst\nrest\n");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_a_user_reads_from_can_not_be_written, StreamAttack) {
  const User user;
  BOOST_REQUIRE(RunCommand({"chown", "-R", user.Name(), tree.Path()}).Succeeded());
  const Outcome outcome =
      user.Run("cd " + tree.Path() + "; " + PublicAgentbox(tree) + "--direct" + script);
  BOOST_TEST(outcome.output == "skipped\nfirst\nrest\n", outcome.errors);
  BOOST_TEST(ReadFile(file) == "skipped\nfirst\nrest\n");
}

// Of this size bash puts it into a file that has no name any more.
BOOST_AUTO_TEST_CASE(a_here_document_is_read) {
  Strings args = {"bash", "-c", "\"$@\" <<< \"$(seq 100000)\"", "bash"};
  for (std::string& arg : Command({"-C", tree.Path()}, {"tail", "-n", "1"})) {
    args.push_back(std::move(arg));
  }
  const Outcome outcome = RunCommand(args);
  BOOST_TEST(outcome.output == "100000\n", outcome.errors);
}

BOOST_AUTO_TEST_CASE(a_directory_as_a_stream_is_no_way_out) {
  Strings args = {"sh", "-c", "exec \"$@\" < /etc", "sh"};
  for (std::string& arg : Command({"-C", tree.Path()}, {"ls", "/proc/self/fd/0/"})) {
    args.push_back(std::move(arg));
  }
  CheckFails(RunCommand(args), 125, "descriptor 0 is a directory");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
