// `agentbox do`: this machine's own root file system in a sandbox (agentbox(8), DO).
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/do_box.h"
#include "support/terminal.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(do_command, DoBox)

BOOST_AUTO_TEST_CASE(exit_codes_and_signals_pass_through) {
  BOOST_TEST(Sh("exit 7").status == 7);
  BOOST_TEST(Sh("kill -TERM $$").status == 128 + SIGTERM);
  BOOST_TEST(Do({"/nonexistent/program"}).status == 127);
  const Outcome missing = Do({"no-such-program"});
  BOOST_TEST(missing.status == 127);
  BOOST_TEST(missing.errors == "agentbox: do: \"no-such-program\": no such command\n");
  const Outcome no_program = Do({"/etc/passwd"});
  BOOST_TEST(no_program.status == 126);
  BOOST_TEST(no_program.errors == "agentbox: do: \"/etc/passwd\": can not be executed\n");
}

BOOST_AUTO_TEST_CASE(streams_pass_through_separately) {
  const Outcome outcome = Do({"sh", "-c", "cat; echo err >&2"}, {}, {.input = "a\nb\n"});
  BOOST_TEST(outcome.output == "a\nb\n");
  BOOST_TEST(outcome.errors == "err\n");
}

BOOST_AUTO_TEST_CASE(the_host_is_read_and_not_written) {
  const std::string file = "/etc/" + Own("file");
  BOOST_TEST(OutputOf("echo in > " + file + "; cat " + file + "; cat /etc/hostname") ==
             "in\n" + Chomp(ReadFile("/etc/hostname")));
  BOOST_TEST(!Exists(file));
  WriteFile(tree / "kept", "host");
  BOOST_TEST(OutputOf("rm " + (tree / "kept") + "; ls " + tree.Path()).empty());
  BOOST_TEST(ReadFile(tree / "kept") == "host");
}

BOOST_AUTO_TEST_CASE(the_user_the_directory_and_the_name_are_the_callers) {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  BOOST_TEST(OutputOf("id -u; id -g; pwd; echo $HOME; uname -n") ==
             "0\n0\n" + tree.Path() + "\n" + std::string(::getenv("HOME")) + "\n" + name);
}

BOOST_AUTO_TEST_CASE(direct_lets_writes_through_with_their_owner) {
  fs::permissions(tree.Path(), fs::perms::all);
  OutputOf("echo out > file; chown 1234:77 file; mkdir d", {"--direct"});
  struct stat status = {};
  BOOST_REQUIRE(::stat((tree / "file").c_str(), &status) == 0);
  BOOST_TEST(status.st_uid == 1234U);
  BOOST_TEST(status.st_gid == 77U);
  BOOST_TEST(ReadFile(tree / "file") == "out\n");
  BOOST_TEST(Do({"true"}, {"--direct"}, {.directory = "/etc"}).status == 125);
}

BOOST_AUTO_TEST_CASE(readonly_can_not_be_undone_by_root_inside) {
  WriteFile(tree / "file", "host");
  BOOST_TEST(OutputOf("cat file; echo x 2>/dev/null > new || echo refused; "
                      "mount -o remount,rw,bind . 2>/dev/null || echo locked; "
                      "umount . 2>/dev/null || echo locked",
                      {"--readonly", "--profile", "engine"}) == "hostrefused\nlocked\nlocked");
}

BOOST_AUTO_TEST_CASE(of_tmp_only_the_working_directory_is_there) {
  const TemporaryDirectory work;
  const TemporaryDirectory other;
  WriteFile(work.Path() + "/file", "host");
  const std::string own =
      OutputOf("cat file; echo x > file; ls -d /tmp/* /var/tmp/*; stat -c %a /tmp; true",
               {},
               {.directory = work.Path()});
  BOOST_TEST(own == "host" + work.Path() + "\n1777");
  BOOST_TEST(ReadFile(work.Path() + "/file") == "host");
}

BOOST_AUTO_TEST_CASE(another_file_system_is_seen_and_not_written) {
  const std::string mount = tree / "mount";
  fs::create_directories(mount);
  BOOST_REQUIRE(::mount("agentbox-test", mount.c_str(), "tmpfs", 0, nullptr) == 0);
  WriteFile(mount + "/file", "host");
  const Outcome outcome = Sh("cat mount/file; echo in > mount/file; cat mount/file");
  const std::string after = ReadFile(mount + "/file");
  ::umount2(mount.c_str(), MNT_DETACH);
  // Before Linux 6.3 tmpfs has no idmapped mounts: `do` leaves it out then.
  BOOST_TEST(outcome.output == (IsKernelAtLeast(6, 3) ? "hostin\n" : "in\n"), outcome.errors);
  BOOST_TEST(after == "host");
}

BOOST_AUTO_TEST_CASE(secrets_are_not_there) {
  const std::string home = tree / "home";
  const auto add = [&home](const std::string& name) {
    fs::create_directories(fs::path(home + "/" + name).parent_path());
    WriteFile(home + "/" + name, "secret");
  };
  for (const char* name : {".ssh/id_ed25519",
                           ".aws/credentials",
                           ".netrc",
                           ".npmrc",
                           ".bash_history",
                           ".docker/config.json",
                           ".config/gh/hosts.yml",
                           ".config/google-chrome/x",
                           ".profile",
                           ".docker/other",
                           "keys/gpg"}) {
    add(name);
  }
  fs::create_symlink("keys", home + "/.gnupg");
  const CommandOptions how = {.environment = {"HOME=" + home}};
  BOOST_TEST(OutputOf("cd ~; find . ! -type d | sort", {}, how) == "./.docker/other\n./.profile");
  BOOST_TEST(OutputOf("cat ~/.bash_history", {"--show", home + "/.bash_history"}, how) == "secret");
  BOOST_TEST(Sh("cat ~/.profile", {"--hide", home + "/.profile"}, how).status != 0);
  BOOST_TEST(OutputOf("ls /etc/gshadow /etc/ssh/ssh_host_*_key 2>/dev/null; true").empty());
  // Bound directly, it is masked.
  BOOST_TEST(
      OutputOf("cat .netrc .ssh/* 2>/dev/null; true", {"--direct", "-C", home}, how).empty());
}

// Set-up scripts use su(1) and chpasswd(8), which need a shadow(5); no hash of the host's is there.
BOOST_AUTO_TEST_CASE(root_changes_users_and_sees_no_password) {
  BOOST_TEST(
      OutputOf("su daemon -s /bin/sh -c 'id -un'; echo daemon:secret | chpasswd && echo set; "
               "useradd -M newcomer && su newcomer -s /bin/sh -c 'id -un'") ==
      "daemon\nset\nnewcomer");
  BOOST_TEST(OutputOf("cut -d: -f2 /etc/shadow | sort -u; stat -c '%U %G %a' /etc/shadow") ==
             "*\n" + Chomp(RunCommand({"stat", "-c", "%U %G %a", "/etc/shadow"}).output));
}

BOOST_AUTO_TEST_CASE(the_environment_is_passed_without_secrets) {
  const CommandOptions how = {
      .environment = {"GH_TOKEN=t", "MY_API_KEY=k", "COLOR=red", "SSH_AUTH_SOCK=/x"}};
  BOOST_TEST(OutputOf("echo $COLOR $GH_TOKEN $MY_API_KEY $SSH_AUTH_SOCK $A",
                      {"-e", "MY_API_KEY", "-e", "A=b"},
                      how) == "red k b");
}

BOOST_AUTO_TEST_CASE(proc_shows_the_sandbox_alone) {
  BOOST_TEST(OutputOf("ls -d /proc/[0-9]* | wc -l; cat /proc/1/comm") != "");
  const std::string count = OutputOf("ls -d /proc/[0-9]* | wc -l");
  BOOST_TEST(std::stoi(count) <= 4);
}

BOOST_AUTO_TEST_CASE(a_network_of_its_own_has_a_loopback_that_is_up) {
  BOOST_TEST(OutputOf("ls /sys/class/net; cat /sys/class/net/lo/carrier") == "lo\n1");
}

// A machine of its own to be the host: a network namespace with a route to a peer, and listeners on
// its loopback, on its address and at the peer.
class Host {
 public:
  Host() {
    const std::string script =
        "ip netns add " + name_ + " && ip netns add " + peer_ + " && ip link add ab0 netns " +
        name_ + " type veth peer name ab1 netns " + peer_ + " && ip -n " + name_ +
        " addr add 10.99.0.2/24 dev ab0 && ip -n " + name_ + " link set ab0 up && ip -n " + name_ +
        " link set lo up && ip -n " + peer_ + " addr add 10.99.0.1/24 dev ab1 && ip -n " + peer_ +
        " link set ab1 up && ip -n " + name_ + " route add default via 10.99.0.1";
    const Outcome made = RunCommand({"sh", "-c", script});
    if (!made.Succeeded()) throw std::runtime_error(made.errors);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() {
    RunCommand({"ip", "netns", "del", name_});
    RunCommand({"ip", "netns", "del", peer_});
  }

  Strings Within(const Strings& command) const { return In(name_, command); }
  Strings AtPeer(const Strings& command) const { return In(peer_, command); }

 private:
  static Strings In(const std::string& name, const Strings& command) {
    // Not ip-netns(8)'s exec, which also gives it another /sys.
    Strings args = {"nsenter", "--net=/run/netns/" + name};
    args.insert(args.end(), command.begin(), command.end());
    return args;
  }

  std::string name_ = "abhost-" + std::to_string(::getpid());
  std::string peer_ = "abpeer-" + std::to_string(::getpid());
};

// Says "reached" to whoever connects; "ready" first, when it listens.
Strings Listener(const std::string& address) {
  return {"python3",
          "-uc",
          "import socket, sys\n"
          "host, port = sys.argv[1].rsplit(':', 1)\n"
          "family = socket.AF_INET6 if ':' in host else socket.AF_INET\n"
          "server = socket.create_server((host, int(port)), family=family)\n"
          "print('ready')\n"
          "while True:\n"
          "    client, _ = server.accept()\n"
          "    client.send(b'reached')\n"
          "    client.close()\n",
          address};
}

BOOST_AUTO_TEST_CASE(by_pasta_others_are_reached_and_the_hosts_loopback_is_not) {
  const Host host;
  const std::string ready = tree / "ready";
  const Background loopback(host.Within(Listener("127.0.0.1:7001")), ready + "1");
  const Background loopback6(host.Within(Listener("::1:7001")), ready + "2");
  const Background every(host.Within(Listener("0.0.0.0:7002")), ready + "3");
  const Background peer(host.AtPeer(Listener("10.99.0.1:7003")), ready + "4");
  for (const char* number : {"1", "2", "3", "4"}) {
    BOOST_REQUIRE(Eventually([&] { return ReadFile(ready + number) == "ready\n"; }));
  }
  const std::string probe =
      "for a in 127.0.0.1/7001 ::1/7001 127.0.0.1/7002 10.99.0.2/7001 10.99.0.1/7001 "
      "10.99.0.1/7003; do"
      " case $a in */7003) limit=60 ;; *) limit=5 ;; esac;"
      " echo $a $(timeout $limit bash -c \"cat < /dev/tcp/$a\" 2>/dev/null); done";
  const Outcome outcome = RunCommand(
      host.Within(Command({"-C", tree.Path(), "--network", "pasta"}, {"bash", "-c", probe})));
  BOOST_TEST(outcome.output ==
                 "127.0.0.1/7001\n::1/7001\n127.0.0.1/7002\n10.99.0.2/7001\n10.99.0.1/7001\n"
                 "10.99.0.1/7003 reached\n",
             outcome.errors);
}

BOOST_AUTO_TEST_CASE(limits_hold) {
  BOOST_TEST(OutputOf("cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; true",
                      {"--pids", "40"}) == "40");
}

BOOST_AUTO_TEST_CASE(a_signal_to_it_reaches_the_command) {
  const std::string file = tree / "output";
  Background run(Shell("trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.05; done"),
                 file);
  BOOST_REQUIRE(Eventually([&file] { return ReadFile(file) == "ready\n"; }));
  run.Signal(SIGTERM);
  BOOST_TEST(run.Wait() == 9);
  BOOST_TEST(ReadFile(file) == "ready\ncaught\n");
}

BOOST_AUTO_TEST_CASE(a_terminal_is_a_terminal_of_the_same_size) {
  Terminal terminal(
      Shell("tty; stty size; echo to-err >&2; test -t 0 -a -t 1 -a -t 2 && echo all"));
  BOOST_TEST(terminal.Expect("/dev/pts/0"), terminal.Screen());
  BOOST_TEST(terminal.Expect("24 80"));
  BOOST_TEST(terminal.Expect("to-err"));
  BOOST_TEST(terminal.Expect("all"));
  BOOST_TEST(terminal.Wait() == 0);
}

BOOST_AUTO_TEST_CASE(ctrl_c_interrupts_a_program_that_is_not_made_to_be_pid_1) {
  Terminal terminal(Command({"-C", tree.Path()}, {"sh", "-c", "echo ready; exec sleep 1000"}));
  BOOST_REQUIRE(terminal.Expect("ready"));
  terminal.Type("\x03");
  BOOST_TEST(terminal.Wait() == 128 + SIGINT);
}

BOOST_AUTO_TEST_CASE(a_resize_reaches_the_command) {
  Terminal terminal(
      Shell("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done"));
  BOOST_REQUIRE(terminal.Expect("ready"));
  terminal.Resize(50, 132);
  BOOST_TEST(terminal.Expect("50 132"));
  BOOST_TEST(terminal.Wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_shell_has_job_control) {
  Terminal terminal(Command({"-C", tree.Path()}, {"bash", "--norc", "-i"}),
                    {.command = {.environment = {"PS1=prompt> "}}});
  BOOST_REQUIRE(terminal.Expect("prompt> "));
  terminal.Type("sleep 1000\r");
  BOOST_REQUIRE(terminal.Expect("sleep 1000"));
  BOOST_REQUIRE(Eventually([&terminal] {
    terminal.Type("\x1a");
    return terminal.Expect("Stopped", std::chrono::milliseconds(200));
  }));
  terminal.Type("jobs; kill -KILL %1; wait; echo $((40 + 2))\r");
  BOOST_TEST(terminal.Expect("42"));
  // A stop character that came too late for sleep may have stopped another job, and a shell with
  // stopped jobs wants to be told twice.
  int status = -1;
  BOOST_TEST(Eventually([&terminal, &status] {
    terminal.Type("exit 5\r");
    status = terminal.Wait(std::chrono::milliseconds(500));
    return status != -1;
  }));
  BOOST_TEST(status == 5);
  BOOST_TEST(terminal.Screen().find("no job control") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_pipe_beside_a_terminal_stays_a_pipe) {
  const std::string file = tree / "output";
  Terminal terminal(Shell("echo line; test -t 0 && echo in; test -t 2 && echo screen >&2"),
                    {.output_file = file});
  BOOST_TEST(terminal.Expect("screen"));
  BOOST_TEST(terminal.Wait() == 0);
  BOOST_TEST(ReadFile(file) == "line\nin\n");
}

BOOST_AUTO_TEST_CASE(nothing_is_left_when_it_is_killed) {
  Background run(Shell("touch ready; sleep 1000"));
  const auto is_running = [] {
    return RunCommand({AgentboxPath(), "list", "-q"}).output.find(IdPrefix()) != std::string::npos;
  };
  BOOST_REQUIRE(Eventually(is_running));
  run.Signal(SIGKILL);
  BOOST_TEST(run.Wait() == 128 + SIGKILL);
  BOOST_TEST(Eventually([] { return Leftovers().empty(); }));
}

// Nothing is left, at whatever moment it comes.
BOOST_AUTO_TEST_CASE(nothing_is_left_when_it_is_killed_at_any_moment) {
  for (int milliseconds = 0; milliseconds < 40; ++milliseconds) {
    Background run(Shell("exec sleep 1000"));
    BOOST_REQUIRE(run.Wait(std::chrono::milliseconds(milliseconds)) == -1);
    run.Signal(SIGKILL);
    BOOST_REQUIRE(run.Wait() == 128 + SIGKILL);
    BOOST_REQUIRE(Eventually([] { return Leftovers().empty(); }));
  }
}

BOOST_AUTO_TEST_CASE(bad_usage_is_said_in_one_line) {
  const auto fails = [this](const Strings& options, std::string_view part) {
    CheckFails(Do({"true"}, options), 125, part);
  };
  fails({"-C", "/proc/self"}, "is the kernel's");
  fails({"-C", "/nonexistent"}, "No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
