#include "support/applied_sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "apply/devices.h"
#include "apply/masked_paths.h"
#include "apply/mounts.h"
#include "apply/pivot.h"
#include "apply/rootfs.h"
#include "apply/scratch.h"
#include "kernel/file.h"
#include "kernel/namespaces.h"
#include "kernel/process.h"
#include "kernel/socket.h"
#include "kernel/user.h"

namespace agentbox::tests {
namespace {

constexpr std::uint64_t kNamespaces =
    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;

// The indices of what init is to make; '+' where an fd rides along.
std::string Encode(const std::vector<apply::PreparedMount>& prepared) {
  std::string text;
  for (const apply::PreparedMount& one : prepared) {
    text += std::to_string(one.step) + (one.mount ? "+ " : " ");
  }
  return text;
}

std::vector<apply::PreparedMount> Decode(kernel::Packet& packet) {
  std::vector<apply::PreparedMount> prepared;
  std::size_t fd = 1;
  const char* at = packet.data.c_str();
  while (*at != '\0') {
    char* end = nullptr;
    apply::PreparedMount one;
    one.step = std::strtoul(at, &end, 10);
    if (*end == '+') {
      one.mount = std::move(packet.fds.at(fd++));
      ++end;
    }
    prepared.push_back(std::move(one));
    at = end + 1;
  }
  return prepared;
}

class Processes {
 public:
  Processes(const AppliedSandbox& sandbox,
            const std::function<std::string()>& inside,
            const std::function<void()>& meanwhile)
      : sandbox_(sandbox), inside_(inside), meanwhile_(meanwhile) {}

  Result<std::string> Launch() {
    TRY(kernel::Unshare(CLONE_NEWNS));
    TRY(kernel::SetRootPropagation(MS_SLAVE | MS_REC));
    kernel::SocketPair sockets = TRY(kernel::PacketSocketPair());
    const kernel::Child child = TRY(kernel::Clone(kNamespaces));
    if (child.pid == 0) {
      sockets.one.Reset();
      BeInit(sockets.other.Get());
    }
    sockets.other.Reset();
    auto said = Serve(child, sockets.one.Get());
    sockets.one.Reset();
    TRY(kernel::Wait(child.pidfd));
    return said;
  }

 private:
  Result<std::string> Serve(const kernel::Child& child, int socket) {
    const std::string process = "/proc/" + std::to_string(child.pid);
    const std::string map = "0 " + std::to_string(kFirstId) + " 65536\n";
    TRY(kernel::WriteFile(AT_FDCWD, process + "/uid_map", map));
    TRY(kernel::WriteFile(AT_FDCWD, process + "/gid_map", map));
    const UniqueFd user = TRY(kernel::OpenNamespace(child.pid, "user"));
    const apply::SandboxIds ids = {.user_namespace = user.Get(),
                                   .maps = {{{0, kFirstId, 65536}}, {{0, kFirstId, 65536}}}};
    TRY(Apply(child, ids, socket));
    if (meanwhile_) meanwhile_();
    TRY(kernel::SendPacket(socket, "go", {}));
    const kernel::Packet said = TRY(kernel::ReceivePacket(socket));
    return said.data.substr(0, said.data.size() - 1);
  }

  Result<void> Apply(const kernel::Child& child, const apply::SandboxIds& ids, int socket) {
    const UniqueFd rootfs = TRY(apply::Rootfs(sandbox_.rootfs, sandbox_.scratch, ids));
    TRY(kernel::JoinNamespaces(child.pidfd.Get(), CLONE_NEWNET | CLONE_NEWIPC));
    const apply::KeptLayers none_kept;
    const apply::MadeMounts made = TRY(apply::Mounts(
        rootfs, sandbox_.mounts, {ids, sandbox_.scratch, none_kept, sandbox_.cgroups}));
    TRY(apply::Devices(rootfs, sandbox_.devices, sandbox_.scratch, ids));
    TRY(apply::MaskedPaths(rootfs, sandbox_.masked_paths, sandbox_.mounts));
    TRY(apply::Seal(rootfs, sandbox_.rootfs, made));
    std::vector<int> fds = {rootfs.Get()};
    for (const apply::PreparedMount& one : made.for_init) {
      if (one.mount) fds.push_back(one.mount.Get());
    }
    return kernel::SendPacket(socket, Encode(made.for_init), fds);
  }

  [[noreturn]] void BeInit(int socket) {
    auto entered = Enter(socket);
    const std::string said = entered ? inside_() : "error: " + entered.error().ToString();
    // No packet is empty: that is how an end of file reads.
    const auto sent = kernel::SendPacket(socket, said + ".", {});
    ::_exit(sent ? 0 : 1);
  }

  Result<void> Enter(int socket) {
    kernel::Packet packet = TRY(kernel::ReceivePacket(socket));
    if (packet.fds.empty()) ::_exit(1);  // the launcher failed, and says so itself
    TRY(kernel::SetGid(0));
    TRY(kernel::SetUid(0));
    const UniqueFd rootfs = TRY(apply::EnterRootfs(packet.fds.front()));
    TRY(apply::InitMounts(rootfs, sandbox_.mounts, Decode(packet)));
    TRY(apply::InitMaskedPaths(rootfs, sandbox_.masked_paths, sandbox_.mounts));
    TRY(apply::PivotRoot(rootfs, sandbox_.rootfs));
    TRY(kernel::ReceivePacket(socket));
    return {};
  }

  const AppliedSandbox& sandbox_;
  const std::function<std::string()>& inside_;
  const std::function<void()>& meanwhile_;
};

std::string ReadOutput(const std::string& script) {
  std::FILE* const pipe = ::popen(("( " + script + " ) 2>&1").c_str(), "r");
  if (pipe == nullptr) return "popen(3) failed";
  std::string output;
  std::array<char, 4096> buffer;
  for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), size);
  }
  ::pclose(pipe);
  while (output.ends_with('\n'))
    output.pop_back();
  return output;
}

}  // namespace

TestDirectory::TestDirectory() {
  std::string name = "/var/tmp/agentbox-test-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp(3)");
  ::chmod(name.c_str(), 0755);
  path_ = name;
}

TestDirectory::~TestDirectory() {
  const auto removed = apply::RemoveScratch(path_);
  if (!removed) std::fprintf(stderr, "%s\n", removed.error().ToString().c_str());
}

std::string AppliedSandbox::Run(const std::function<std::string()>& inside,
                                const std::function<void()>& meanwhile) const {
  // A layer is mounted volatile, and so once.
  const auto removed = apply::RemoveScratch(scratch.directory);
  if (!removed) return "error: " + removed.error().ToString();
  const auto made = apply::MakeScratch(scratch);
  if (!made) return "error: " + made.error().ToString();
  std::array<int, 2> pipe = {};
  if (::pipe2(pipe.data(), O_CLOEXEC) < 0) return "error: pipe2(2)";
  // A process of its own is the launcher: the test keeps its namespaces.
  const pid_t launcher = ::fork();
  if (launcher == 0) {
    const auto said = Processes(*this, inside, meanwhile).Launch();
    const std::string text = said ? *said : "error: " + said.error().ToString();
    const auto written = kernel::WriteAll(pipe[1], text);
    ::_exit(written ? 0 : 1);
  }
  ::close(pipe[1]);
  const UniqueFd output(pipe[0]);
  const auto text = kernel::ReadAll(output.Get());
  ::waitpid(launcher, nullptr, 0);
  return text ? *text : "error: " + text.error().ToString();
}

std::string AppliedSandbox::Shell(const std::string& script) const {
  return Run([&script] { return ReadOutput(script); });
}

AppliedSandbox SandboxOf(const std::string& path,
                         const TestDirectory& directory,
                         const std::vector<spec::Mount>& mounts) {
  spec::Config config;
  config.linux_ = spec::Linux{.namespaces = {{"pid"}}};
  config.mounts = {{"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
                   {"/dev", "tmpfs", "tmpfs", {"nosuid", "mode=755", "size=65536k"}},
                   {"/dev/pts", "devpts", "devpts", {"newinstance", "ptmxmode=0666", "gid=5"}},
                   {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}}};
  config.mounts.insert(config.mounts.end(), mounts.begin(), mounts.end());
  auto steps = plan::PlanMounts(config, {}, {}, directory.Path());
  auto devices = plan::PlanDevices(config, {});
  if (!steps || !devices) {
    throw std::runtime_error(!steps ? steps.error().ToString() : devices.error().ToString());
  }
  AppliedSandbox sandbox;
  sandbox.rootfs = {.origin = "root", .path = path};
  sandbox.scratch = {.directory = directory / "scratch"};
  sandbox.mounts = *std::move(steps);
  sandbox.devices = *std::move(devices);
  return sandbox;
}

std::string HostShell(const std::string& script) {
  return ReadOutput(script);
}

std::string Outcome(long result) {
  return result >= 0 ? "OK" : strerrorname_np(errno);
}

}  // namespace agentbox::tests
