#include "support/bundle.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

namespace agentbox::test {
namespace {

using nlohmann::json;

json Capabilities() {
  return {"CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FSETID",
          "CAP_FOWNER",
          "CAP_MKNOD",
          "CAP_NET_RAW",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETFCAP",
          "CAP_SETPCAP",
          "CAP_NET_BIND_SERVICE",
          "CAP_SYS_CHROOT",
          "CAP_KILL",
          "CAP_AUDIT_WRITE"};
}

json Mounts() {
  return json::parse(R"([
    {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
     "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
    {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
     "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs",
     "options": ["nosuid", "noexec", "nodev", "ro"]},
    {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
     "options": ["ro", "nosuid", "noexec", "nodev"]},
    {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
     "options": ["nosuid", "noexec", "nodev"]},
    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
     "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]}
  ])");
}

json Namespaces() {
  json namespaces = json::array();
  for (const char* type : {"pid", "network", "ipc", "uts", "mount"}) {
    namespaces.push_back({{"type", type}});
  }
  return namespaces;
}

void Require(const Outcome& outcome, const std::string& what) {
  if (!outcome.Succeeded()) {
    throw std::runtime_error(what + ": status " + std::to_string(outcome.status) + ": " +
                             outcome.errors + outcome.output);
  }
}

}  // namespace

std::string IdPrefix() {
  return "test-" + std::to_string(::getpid()) + "-";
}

std::string NewId() {
  static unsigned count = 0;
  return IdPrefix() + std::to_string(++count);
}

json DefaultConfig(const std::vector<std::string>& args) {
  json config = {{"ociVersion", "1.2.0"},
                 {"root", {{"path", SharedRootfs()}}},
                 {"hostname", "sandbox"},
                 {"mounts", Mounts()}};
  config["process"] = {{"user", {{"uid", 0}, {"gid", 0}}},
                       {"args", args},
                       {"cwd", "/"},
                       {"env", {"PATH=/bin:/usr/bin", "TERM=xterm"}},
                       {"capabilities",
                        {{"bounding", Capabilities()},
                         {"effective", Capabilities()},
                         {"permitted", Capabilities()}}}};
  config["linux"] = {
      {"namespaces", Namespaces()},
      {"maskedPaths", {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"}},
      {"readonlyPaths",
       {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}}};
  return config;
}

Bundle::Bundle(const std::vector<std::string>& args) : config(DefaultConfig(args)), id_(NewId()) {
  std::filesystem::create_directories(Path());
  std::filesystem::create_directories(Root());
}

Bundle::~Bundle() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(Root(), error)) {
    const std::string id = entry.path().filename().string();
    if (id.starts_with(IdPrefix())) {
      RunCommand({AgentboxPath(), "--root", Root(), "delete", "--force", id});
    }
  }
}

Bundle& Bundle::OwnRootfs() {
  MakeRootfs(Path() + "/rootfs");
  config["root"]["path"] = Path() + "/rootfs";
  return *this;
}

Bundle& Bundle::Args(const std::vector<std::string>& args) {
  config["process"]["args"] = args;
  return *this;
}

Bundle& Bundle::Mount(const std::string& destination,
                      const std::string& type,
                      const std::string& source,
                      const std::vector<std::string>& options) {
  config["mounts"].push_back(
      {{"destination", destination}, {"type", type}, {"source", source}, {"options", options}});
  return *this;
}

Bundle& Bundle::Volume(const std::string& destination,
                       const std::string& source,
                       const std::vector<std::string>& options) {
  return Mount(destination, "bind", source, options);
}

Bundle& Bundle::Capability(const std::string& name) {
  for (const char* set : {"bounding", "effective", "permitted"}) {
    config["process"]["capabilities"][set].push_back("CAP_" + name);
  }
  return *this;
}

Bundle& Bundle::Namespace(const std::string& type, const std::string& path) {
  json kept = json::array();
  for (const json& entry : config["linux"]["namespaces"]) {
    if (entry["type"] != type) kept.push_back(entry);
  }
  json added = {{"type", type}};
  if (!path.empty()) added["path"] = path;
  kept.push_back(added);
  config["linux"]["namespaces"] = kept;
  return *this;
}

void Bundle::WriteConfig() const {
  WriteFile(Path() + "/config.json", config.dump(2));
}

Bundle& Bundle::Policy(const json& policy) {
  const std::string file = Directory() + "/policy.json";
  WriteFile(file, policy.dump());
  options_ = {"--policy", file};
  return *this;
}

Outcome Bundle::Agentbox(const std::vector<std::string>& args,
                         const CommandOptions& options) const {
  WriteConfig();
  std::vector<std::string> all = {AgentboxPath(), "--root", Root()};
  all.insert(all.end(), options_.begin(), options_.end());
  all.insert(all.end(), args.begin(), args.end());
  return RunCommand(all, options);
}

Outcome Bundle::Command(const std::string& command,
                        const std::vector<std::string>& options,
                        const std::vector<std::string>& words) const {
  std::vector<std::string> args = {command};
  args.insert(args.end(), options.begin(), options.end());
  args.push_back(Id());
  args.insert(args.end(), words.begin(), words.end());
  return Agentbox(args);
}

Outcome Bundle::Create(const std::vector<std::string>& options) const {
  std::vector<std::string> args = {"create", "--bundle", Path()};
  args.insert(args.end(), options.begin(), options.end());
  args.push_back(Id());
  return Agentbox(args, {.output_file = OutputFile()});
}

void Bundle::Launch() const {
  Require(Create(), "create");
  Require(Start(), "start");
}

Outcome Bundle::Exec(const std::vector<std::string>& args,
                     const std::vector<std::string>& options) const {
  return Command("exec", options, args);
}

void Bundle::Delete() const {
  Require(Command("delete", {"--force"}), "delete");
}

Outcome Bundle::Run(const CommandOptions& options) const {
  return Agentbox({"run", "--bundle", Path(), Id()}, options);
}

Outcome Bundle::Run(const std::vector<std::string>& args) {
  return Args(args).Run();
}

std::string Bundle::OutputOf(const std::vector<std::string>& args) {
  const Outcome outcome = Run(args);
  Require(outcome, "run " + args.front());
  return Chomp(outcome.output);
}

std::string Bundle::ExecOutputOf(const std::vector<std::string>& args) const {
  const Outcome outcome = Exec(args);
  Require(outcome, "exec " + args.front());
  return Chomp(outcome.output);
}

json Bundle::State() const {
  const Outcome outcome = Command("state");
  Require(outcome, "state");
  return json::parse(outcome.output);
}

void CheckFails(const Outcome& outcome, int status, std::string_view part) {
  BOOST_CHECK_EQUAL(outcome.status, status);
  BOOST_CHECK_MESSAGE(outcome.errors.find(part) != std::string::npos,
                      "\"" << part << "\" is not in: " << outcome.errors);
  BOOST_CHECK_MESSAGE(outcome.errors.starts_with("agentbox: "), outcome.errors);
  BOOST_CHECK_MESSAGE(std::ranges::count(outcome.errors, '\n') == 1,
                      "not one line: " << outcome.errors);
}

void CheckNothingLeft(const Bundle& bundle) {
  std::vector<std::string> found;
  Eventually([&found] {
    found = Leftovers();
    return found.empty();
  });
  Tell(found);
  for (const auto& entry : std::filesystem::directory_iterator(bundle.Root())) {
    BOOST_ERROR("left behind: " + entry.path().string());
  }
}

std::string Chomp(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace agentbox::test
