// `install` and `uninstall`, on the files of a system below a directory of the test's own.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/bundle.h"

namespace agentbox::test {
namespace {

namespace fs = std::filesystem;

const std::string kDaemonJson = "{\r\n\t\"debug\": true\r\n}";  // without a newline at its end
const std::string kContainerd = R"(version = 2
# of the administrator
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = true
)";

// A system with all engines, as far as `install` looks at it.
struct System {
  System() {
    for (const char* name : {"/usr/bin/dockerd",
                             "/usr/bin/podman",
                             "/usr/bin/containerd",
                             "/usr/bin/crio",
                             "/usr/local/bin/agentbox"}) {
      Write(name, "");
    }
    Write("/etc/docker/daemon.json", kDaemonJson);
    Write("/etc/containerd/config.toml", kContainerd);
    Write("/etc/subuid", "root:100000:65536\n");
    Write("/etc/subgid", "");
    Write("/etc/.pwd.lock", "");
    fs::create_directories(Path("/etc/containers/containers.conf.d"));
    fs::create_directories(Path("/etc/crio/crio.conf.d"));
    before = Contents();
  }

  std::string Path(const std::string& name) const { return root.Path() + name; }

  void Write(const std::string& name, std::string_view text) const {
    fs::create_directories(fs::path(Path(name)).parent_path());
    WriteFile(Path(name), text);
  }

  std::string Read(const std::string& name) const { return ReadFile(Path(name)); }

  Outcome Run(const std::string& command, const std::vector<std::string>& args = {}) const {
    std::vector<std::string> words = {AgentboxPath(), command, "--sysroot", root.Path()};
    if (command == "install") words.insert(words.end(), {"--program", "/usr/local/bin/agentbox"});
    words.insert(words.end(), args.begin(), args.end());
    return RunCommand(words);
  }

  void Succeed(const std::string& command, const std::vector<std::string>& args = {}) const {
    const Outcome outcome = Run(command, args);
    BOOST_TEST_REQUIRE(outcome.status == 0, outcome.errors);
    BOOST_TEST(outcome.errors == "");
  }

  // Each path with its mode, and what the files hold.
  std::string Contents() const {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(root.Path()))
      paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::string text;
    for (const std::string& path : paths) {
      struct stat status = {};
      BOOST_TEST_REQUIRE(::lstat(path.c_str(), &status) == 0);
      text += path + " " + std::to_string(status.st_mode) + " " + std::to_string(status.st_uid) +
              "\n" + (S_ISREG(status.st_mode) ? ReadFile(path) : "") + "\n";
    }
    return text;
  }

  TemporaryDirectory root;
  std::string before;
};

BOOST_FIXTURE_TEST_SUITE(install, System)

BOOST_AUTO_TEST_CASE(each_engine_that_is_installed_gets_the_runtime_and_the_tables_a_range) {
  Succeed("install");
  BOOST_TEST(
      Read("/etc/docker/daemon.json") ==
      "{\r\n\t\"debug\": true,\r\n\t\"runtimes\": {\r\n\t\t\"agentbox\": {\r\n\t\t\t\"path\": "
      "\"/usr/local/bin/agentbox\"\r\n\t\t}\r\n\t}\r\n}");
  BOOST_TEST(Read("/etc/docker/daemon.json.before-agentbox") == kDaemonJson);
  BOOST_TEST(Read("/etc/containers/containers.conf.d/50-agentbox.conf")
                 .ends_with("\n[engine.runtimes]\nagentbox = [\"/usr/local/bin/agentbox\"]\n"));
  const std::string containerd = Read("/etc/containerd/config.toml");
  BOOST_TEST(containerd.starts_with(kContainerd));
  BOOST_TEST(
      containerd.ends_with("BinaryName = \"/usr/local/bin/agentbox\"\n    SystemdCgroup = "
                           "true\n"));
  BOOST_TEST(
      Read("/etc/crio/crio.conf.d/50-agentbox.conf")
          .find("[crio.runtime.runtimes.agentbox]\nruntime_path = \"/usr/local/bin/agentbox\"") !=
      std::string::npos);
  BOOST_TEST(Read("/etc/subuid") == "root:100000:65536\nagentbox:1879048192:268304384\n");
  BOOST_TEST(Read("/etc/subgid") == "agentbox:1879048192:268304384\n");
}

BOOST_AUTO_TEST_CASE(it_says_what_it_did_and_what_to_restart) {
  const Outcome outcome = Run("install");
  for (const char* part : {"/etc/docker/daemon.json: changed; as it was: "
                           "/etc/docker/daemon.json.before-agentbox\n",
                           "  + \t\"runtimes\": {\n",
                           "/etc/subuid: changed",
                           "  + agentbox:1879048192:268304384\n",
                           "/etc/crio/crio.conf.d/50-agentbox.conf: made\n",
                           "docker: systemctl reload docker; then docker run --runtime=agentbox",
                           "containerd: systemctl restart containerd; then ",
                           "cri-o: systemctl restart crio; then ",
                           "podman: podman --runtime agentbox run"}) {
    BOOST_TEST(outcome.output.find(part) != std::string::npos, outcome.output);
  }
}

BOOST_AUTO_TEST_CASE(the_second_time_nothing_changes) {
  Succeed("install");
  const std::string once = Contents();
  const Outcome again = Run("install");
  BOOST_TEST(again.output.find("changed") == std::string::npos, again.output);
  BOOST_TEST(again.output.find("/etc/docker/daemon.json: nothing to change\n") !=
             std::string::npos);
  BOOST_TEST(Contents() == once);
}

BOOST_AUTO_TEST_CASE(uninstall_gives_every_byte_back) {
  Succeed("install");
  BOOST_TEST(Contents() != before);
  Succeed("uninstall");
  BOOST_TEST(Contents() == before);
  const Outcome again = Run("uninstall");
  BOOST_TEST(again.output.find("restored") == std::string::npos, again.output);
}

// Where taking the runtime out would not.
BOOST_AUTO_TEST_CASE(uninstall_gives_back_what_was_empty) {
  for (const char* text : {"", "{}", R"({"runtimes": {}})"}) {
    Write("/etc/docker/daemon.json", text);
    before = Contents();
    Succeed("install");
    Succeed("uninstall");
    BOOST_TEST(Contents() == before, text);
  }
}

BOOST_AUTO_TEST_CASE(what_was_added_to_the_runtimes_own_entry_goes_with_it) {
  const std::string file = "/etc/docker/daemon.json";
  Succeed("install");
  std::string text = Read(file);
  text.insert(text.find("\"path\""), "\"runtimeArgs\": [\"--log-format=json\"], ");
  Write(file, text);
  Succeed("uninstall");
  BOOST_TEST(Contents() == before);
}

BOOST_AUTO_TEST_CASE(uninstall_keeps_what_was_changed_since) {
  Succeed("install");
  Write("/etc/docker/daemon.json",
        R"({"runtimes": {"agentbox": {"path": "/x"}, "kata": {"path": "/k"}}, "debug": false})");
  Write("/etc/subgid", Read("/etc/subgid") + "later:300000:65536\n");
  const Outcome outcome = Run("uninstall");
  BOOST_TEST(outcome.output.find("/etc/docker/daemon.json.before-agentbox stays: ") !=
             std::string::npos);
  BOOST_TEST(Read("/etc/docker/daemon.json") ==
             R"({"runtimes": {"kata": {"path": "/k"}}, "debug": false})");
  BOOST_TEST(Read("/etc/subgid") == "later:300000:65536\n");
}

BOOST_AUTO_TEST_CASE(uninstall_keeps_what_was_added_to_a_file_of_its_own) {
  const std::string file = "/etc/containers/containers.conf.d/50-agentbox.conf";
  const std::string added = "\n[containers]\npids_limit = 100\n";
  Succeed("install", {"podman"});
  Write(file, Read(file) + added);
  Succeed("uninstall", {"podman"});
  BOOST_TEST(Read(file).ends_with(added));
  BOOST_TEST(Read(file).find("agentbox = [") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(uninstall_leaves_a_file_alone_that_has_the_runtime_no_more) {
  const std::string file = "/etc/docker/daemon.json";
  const std::string changed = R"({"debug": false})";
  Succeed("install", {"docker"});
  Write(file, changed);
  Succeed("uninstall", {"docker"});
  BOOST_TEST(Read(file) == changed);
  BOOST_TEST(Read(file + ".before-agentbox") == kDaemonJson);
}

// What an earlier version has made of a file is not what was there before.
BOOST_AUTO_TEST_CASE(each_install_until_the_uninstall_keeps_the_same) {
  const std::string file = "/etc/docker/daemon.json";
  Write("/opt/agentbox", "");
  before = Contents();
  Succeed("install");
  Succeed("install", {"--program", "/opt/agentbox"});
  BOOST_TEST(Read(file).find("\"/opt/agentbox\"") != std::string::npos);
  // Taken out by hand meanwhile.
  Write(file, kDaemonJson);
  Succeed("install");
  BOOST_TEST(!Exists(Path(file + ".before-agentbox.2")));
  Succeed("uninstall");
  BOOST_TEST(Contents() == before);
}

BOOST_AUTO_TEST_CASE(a_backup_that_stayed_is_not_written_over) {
  const std::string file = "/etc/docker/daemon.json";
  Succeed("install", {"docker"});
  Write(file, R"({"runtimes": {"agentbox": {"path": "/x"}}, "debug": false})");
  Succeed("uninstall", {"docker"});
  const std::string second = Read(file);
  Succeed("install", {"docker"});
  BOOST_TEST(Read(file + ".before-agentbox") == kDaemonJson);
  BOOST_TEST(Read(file + ".before-agentbox.2") == second);
  // Each uninstall gives back, and removes, what its own install has kept.
  Succeed("uninstall", {"docker"});
  BOOST_TEST(Read(file) == second);
  BOOST_TEST(Read(file + ".before-agentbox") == kDaemonJson);
  BOOST_TEST(!Exists(Path(file + ".before-agentbox.2")));
}

BOOST_AUTO_TEST_CASE(ids_that_an_administrator_has_given_stay) {
  for (const char* table : {"/etc/subuid", "/etc/subgid"})
    Write(table, "agentbox:1900000000:655360\n");
  before = Contents();
  Succeed("install");
  BOOST_TEST(Read("/etc/subuid") == "agentbox:1900000000:655360\n");
  const Outcome outcome = Run("uninstall");
  BOOST_TEST(outcome.status == 0, outcome.errors);
  BOOST_TEST(outcome.output.find("/etc/subuid: the line of agentbox stays: ") != std::string::npos,
             outcome.output);
  BOOST_TEST(Contents() == before);
}

BOOST_AUTO_TEST_CASE(tables_of_ids_stay_when_nothing_is_left_in_them) {
  fs::remove(Path("/etc/subuid"));
  fs::remove(Path("/etc/subgid"));
  Succeed("install");
  BOOST_TEST(Read("/etc/subuid") == "agentbox:1879048192:268304384\n");
  Succeed("uninstall");
  for (const char* table : {"/etc/subuid", "/etc/subgid"}) {
    BOOST_TEST(Exists(Path(table)));
    BOOST_TEST(Read(table) == "");
  }
}

BOOST_AUTO_TEST_CASE(containerd_is_as_before_although_its_file_was_changed_since) {
  const std::string file = "/etc/containerd/config.toml";
  Write(file, "version = 2\n");
  Succeed("install", {"containerd"});
  BOOST_TEST(Read(file).find("runtimes.runc]") != std::string::npos);
  Write(file, "# mine\n" + Read(file));
  Succeed("uninstall", {"containerd"});
  BOOST_TEST(Read(file) == "# mine\nversion = 2\n");
}

BOOST_AUTO_TEST_CASE(a_trial_changes_nothing_and_says_the_same) {
  const Outcome trial = Run("install", {"--dry-run"});
  BOOST_TEST(trial.status == 0);
  BOOST_TEST(trial.output.find("/etc/docker/daemon.json: would be changed") != std::string::npos);
  BOOST_TEST(trial.output.find("  + agentbox:1879048192:268304384\n") != std::string::npos);
  BOOST_TEST(Contents() == before);
  Succeed("install");
  const std::string installed = Contents();
  Succeed("uninstall", {"--dry-run"});
  BOOST_TEST(Contents() == installed);
}

BOOST_AUTO_TEST_CASE(a_broken_file_stops_it_before_anything_is_written) {
  Write("/etc/docker/daemon.json", "{\n  \"debug\": true,\n}\n");
  std::string broken = Contents();
  CheckFails(Run("install"), 1, "install: /etc/docker/daemon.json: line 3, column 1: ");
  BOOST_TEST(Contents() == broken);
  Write("/etc/docker/daemon.json", kDaemonJson);
  Write("/etc/containerd/config.toml", kContainerd + "x = \n");
  broken = Contents();
  CheckFails(Run("install"), 1, "install: /etc/containerd/config.toml: line 7, column 5: ");
  BOOST_TEST(Contents() == broken);
}

BOOST_AUTO_TEST_CASE(only_engines_that_are_there_or_named_are_registered_with) {
  fs::remove(Path("/usr/bin/crio"));
  fs::remove(Path("/usr/bin/podman"));
  fs::remove_all(Path("/etc/crio"));
  Succeed("install");
  BOOST_TEST(!Exists(Path("/etc/crio")));
  BOOST_TEST(!Exists(Path("/etc/containers/containers.conf.d/50-agentbox.conf")));
  Succeed("install", {"cri-o"});
  BOOST_TEST(Exists(Path("/etc/crio/crio.conf.d/50-agentbox.conf")));
  CheckFails(Run("install", {"rkt"}), 1, "\"rkt\" is no engine that is known");
}

BOOST_AUTO_TEST_CASE(one_engine_can_be_left_alone_again) {
  Succeed("install");
  Succeed("uninstall", {"docker"});
  BOOST_TEST(Read("/etc/docker/daemon.json") == kDaemonJson);
  BOOST_TEST(Exists(Path("/etc/crio/crio.conf.d/50-agentbox.conf")));
  BOOST_TEST(Read("/etc/subgid") == "agentbox:1879048192:268304384\n");
}

BOOST_AUTO_TEST_CASE(mode_owner_and_attributes_of_a_file_stay) {
  const std::string file = Path("/etc/docker/daemon.json");
  BOOST_TEST_REQUIRE(::chown(file.c_str(), 1234, 5678) == 0);
  BOOST_TEST_REQUIRE(::chmod(file.c_str(), 0640) == 0);
  Succeed("install");
  for (const char* suffix : {"", ".before-agentbox"}) {
    struct stat status = {};
    BOOST_TEST_REQUIRE(::stat((file + suffix).c_str(), &status) == 0);
    BOOST_TEST(status.st_uid == 1234U);
    BOOST_TEST(status.st_gid == 5678U);
    BOOST_TEST((status.st_mode & 07777U) == 0640U);
  }
}

BOOST_AUTO_TEST_CASE(a_symlink_is_followed_and_does_not_lead_out) {
  // "/opt" is that of the system below the directory, and so is "..", however often.
  const std::string link = Path("/etc/docker/daemon.json");
  Write("/opt/docker.json", kDaemonJson);
  fs::remove(link);
  fs::create_symlink("../../../../../../../../opt/docker.json", link);
  Succeed("install");
  BOOST_TEST(fs::is_symlink(link));
  BOOST_TEST(Read("/opt/docker.json").find("agentbox") != std::string::npos);
  Succeed("uninstall");
  BOOST_TEST(fs::is_symlink(link));
  BOOST_TEST(Read("/opt/docker.json") == kDaemonJson);
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_refused) {
  const std::string file = Path("/etc/docker/daemon.json");
  fs::remove(file);
  BOOST_TEST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  CheckFails(Run("install"), 1, "/etc/docker/daemon.json: it is no regular file");
  fs::remove(file);
  fs::create_symlink("daemon.json", file);
  CheckFails(Run("install"), 1, "ELOOP");
}

BOOST_AUTO_TEST_CASE(containerds_import_that_has_the_runtimes_gets_this_one) {
  Write("/etc/containerd/config.toml", "imports = [\"conf.d/*.toml\"]\n" + kContainerd);
  const std::string import = "[plugins.\"io.containerd.grpc.v1.cri\".containerd]\nx = 1\n";
  Write("/etc/containerd/conf.d/10-a.toml", import);
  Write("/etc/containerd/conf.d/20-b.toml", "version = 2\n[metrics]\naddress = \"\"\n");
  before = Contents();
  Succeed("install");
  BOOST_TEST(Read("/etc/containerd/config.toml").find("agentbox") == std::string::npos);
  BOOST_TEST(Read("/etc/containerd/conf.d/10-a.toml").starts_with(import + "\n# "));
  Succeed("uninstall");
  BOOST_TEST(Contents() == before);
}

BOOST_AUTO_TEST_CASE(the_program_has_to_be_there_and_to_be_roots) {
  CheckFails(Run("install", {"--program", "/usr/bin/none"}), 1, "\"/usr/bin/none\" is not there");
  CheckFails(Run("install", {"--program", "agentbox"}), 1, "is no absolute path");
  const std::string program = Path("/usr/local/bin/agentbox");
  BOOST_TEST_REQUIRE(::chown(program.c_str(), 1000, 1000) == 0);
  const Outcome outcome = Run("install");
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(outcome.output.find("others than root can change it: /usr/local/bin/agentbox, of uid "
                                 "1000") != std::string::npos,
             outcome.output);
}

BOOST_AUTO_TEST_CASE(a_user_is_told_that_it_takes_root) {
  BOOST_TEST_REQUIRE(::chmod(root.Path().c_str(), 0755) == 0);
  BOOST_TEST_REQUIRE(::chmod(Path("/etc/.pwd.lock").c_str(), 0600) == 0);
  const std::string before_user = Contents();
  const Outcome outcome = RunCommand({"setpriv",
                                      "--reuid=65534",
                                      "--regid=65534",
                                      "--clear-groups",
                                      AgentboxPath(),
                                      "install",
                                      "--sysroot",
                                      root.Path(),
                                      "--program",
                                      "/usr/local/bin/agentbox"});
  CheckFails(outcome, 1, "install: it changes files of root's in /etc: run it as root");
  ::rmdir("/tmp/agentbox-65534");  // for states of containers of that user, which has no session
  BOOST_TEST(Contents() == before_user);
}

BOOST_AUTO_TEST_CASE(a_default_runtime_of_docker_has_to_be_changed_first) {
  Succeed("install");
  Write("/etc/docker/daemon.json",
        R"({"default-runtime": "agentbox", "runtimes": {"agentbox": {"path": "/a"}}})");
  const std::string installed = Contents();
  CheckFails(Run("uninstall"), 1, "/etc/docker/daemon.json: default-runtime is agentbox");
  BOOST_TEST(Contents() == installed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::test
