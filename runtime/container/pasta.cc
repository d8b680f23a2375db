#include "container/pasta.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/namespaces.h"
#include "kernel/path.h"
#include "kernel/process.h"
#include "kernel/spawn.h"
#include "kernel/user.h"

namespace agentbox::container {
namespace {

constexpr const char* kTun = "/dev/net/tun";
constexpr int kReadyTimeout = 10'000;  // milliseconds; it takes some 20

bool CanAnyoneOpenTun() {
  constexpr mode_t kAnyone = S_IROTH | S_IWOTH;
  const auto tun = kernel::Open(AT_FDCWD, kTun, O_PATH);
  if (!tun) return false;
  const auto status = kernel::Stat(tun->Get());
  return status && (status->st_mode & kAnyone) == kAnyone;
}

Result<void> MountTun() {
  TRY(kernel::SetRootPropagation(MS_PRIVATE | MS_REC));
  const UniqueFd directory = TRY(kernel::Open(AT_FDCWD, "/dev/net", O_PATH | O_DIRECTORY));
  const UniqueFd mount = TRY(kernel::MountFilesystem("tmpfs", {{"mode", "755"}}));
  TRY(kernel::MakeNode(mount.Get(), "tun", S_IFCHR, ::makedev(10, 200)));
  // By the mode of its own: mknod(2) heeds the umask.
  TRY(kernel::SetOwnership(mount.Get(), "tun", 0, 0, 0666));
  return kernel::MoveMount(mount, directory);
}

// A mount namespace with a /dev/net/tun that the sandbox's root may open: where udev has not made
// the host's so. Empty where the host's will do.
Result<UniqueFd> NamespaceWithTun() {
  if (CanAnyoneOpenTun() || ::geteuid() != 0) return UniqueFd();
  kernel::Pipe release = TRY(kernel::MakePipe());
  kernel::Pipe report = TRY(kernel::MakePipe());
  const kernel::Child child = TRY(kernel::Clone(CLONE_NEWNS));
  if (child.pid == 0) {
    release.writer.Reset();
    const auto mounted = MountTun();
    [[maybe_unused]] const auto sent =
        kernel::WriteAll(report.writer.Get(), mounted ? "." : mounted.error().Encode());
    [[maybe_unused]] const auto waited = kernel::WaitForEither(release.reader.Get(), -1, -1);
    ::_exit(0);
  }
  report.writer.Reset();
  TRY(kernel::WaitForEither(report.reader.Get(), child.pidfd.Get(), -1));
  const std::string said = TRY(kernel::ReadSome(report.reader.Get())).value_or(std::string());
  auto mounts = kernel::OpenNamespace(child.pid, "mnt");
  release.writer.Reset();
  TRY(kernel::Wait(child.pidfd));
  if (said != ".") return Fail(Error::Decode(said).Within(kTun));
  return mounts;
}

std::vector<std::string> Arguments() {
  return {
      "pasta",
      "--foreground",
      "--quiet",
      "--config-net",
      // As standard input: pasta runs as the sandbox's root, which may not look at init's /proc.
      "--netns",
      "/proc/self/fd/0",
      // It is ended with the sandbox, and newer ones could not watch that directory.
      "--no-netns-quit",
      // Written once all is set up.
      "--pid",
      "/proc/self/fd/1",
      // No port of either side appears at the other, and the gateway's address is not the host.
      "--tcp-ports",
      "none",
      "--udp-ports",
      "none",
      "--tcp-ns",
      "none",
      "--udp-ns",
      "none",
      "--no-map-gw",
      "--dns-forward",
      kDnsAddress};
}

// What pasta wrote, without its lines of progress: the last.
std::string LastLine(int file) {
  const std::string text = kernel::ReadWhole(file).value_or(std::string());
  std::string last;
  for (const std::string_view line : Split(text, '\n')) {
    if (!Trimmed(line).empty() && !line.starts_with("Failed to send")) last = Trimmed(line);
  }
  return last;
}

}  // namespace

std::string FindPasta() {
  // Not by PATH, which may be the caller's under sudo.
  for (const char* path : {"/usr/bin/pasta", "/usr/local/bin/pasta"}) {
    if (kernel::CheckExecutable(path)) return path;
  }
  return {};
}

PastaNetwork::~PastaNetwork() {
  if (!process_) return;
  [[maybe_unused]] const auto killed = kernel::SendSignal(process_, SIGKILL);
  [[maybe_unused]] const auto reaped = kernel::Wait(process_);
}

Result<PastaNetwork> StartPasta(const std::string& program, pid_t init, const abi::IdMaps& maps) {
  const UniqueFd network = TRY(kernel::OpenNamespace(init, "net"));
  const UniqueFd user = TRY(kernel::OpenNamespace(init, "user"));
  const UniqueFd mounts = TRY(NamespaceWithTun());
  kernel::Pipe ready = TRY(kernel::MakePipe());
  const UniqueFd errors = TRY(kernel::AnonymousFile("pasta"));
  const bool has_root = abi::HostId(maps.uids, 0) != abi::kOverflowId;
  // It opens the pipe again by its name in /proc, as the owner that it is to be then.
  if (has_root) {
    TRY(kernel::SetOwner(ready.writer.Get(), abi::HostId(maps.uids, 0), abi::HostId(maps.gids, 0)));
  }
  kernel::Child pasta = TRY(kernel::Spawn({.path = program,
                                           .args = Arguments(),
                                           .env = {"PATH=/usr/bin:/bin"},
                                           .mount_namespace = mounts.Get(),
                                           .user_namespace = user.Get(),
                                           .is_root_there = has_root,
                                           .input = network.Get(),
                                           .output = ready.writer.Get(),
                                           .errors = errors.Get()}));
  ready.writer.Reset();
  TRY(kernel::WaitForEither(ready.reader.Get(), pasta.pidfd.Get(), kReadyTimeout));
  const auto said = TRY(kernel::ReadSome(ready.reader.Get()));
  {
    PastaNetwork started(std::move(pasta.pidfd));
    if (said && !said->empty()) return started;
  }
  return Fail(Error(ErrorKind::kUnsupported, "pasta: " + LastLine(errors.Get())));
}

}  // namespace agentbox::container
