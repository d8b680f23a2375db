#include "apply/console.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <string>

#include "kernel/mount.h"
#include "kernel/path.h"
#include "kernel/socket.h"
#include "kernel/tty.h"
#include "kernel/user.h"

namespace agentbox::apply {
namespace {

constexpr unsigned kPtmxMajor = 5;  // Documentation/admin-guide/devices.txt
constexpr unsigned kPtmxMinor = 2;

// /dev/pts is the container's devpts only if it is one: everything else at that path is the
// image's.
Result<UniqueFd> OpenMaster(const UniqueFd& root) {
  UniqueFd master = TRY(kernel::OpenInRoot(root, "dev/pts/ptmx", O_RDWR | O_NOCTTY));
  const struct stat status = TRY(kernel::Stat(master.Get()));
  const bool is_ptmx = S_ISCHR(status.st_mode) &&
                       status.st_rdev == ::makedev(kPtmxMajor, kPtmxMinor) &&
                       TRY(kernel::FilesystemMagic(master.Get())) == DEVPTS_SUPER_MAGIC;
  if (!is_ptmx) {
    return Fail(Error(ErrorKind::kRefused, "/dev/pts/ptmx is not that of a devpts"));
  }
  return master;
}

Result<Console> MakeConsole(const UniqueFd& root, const plan::ProcessPlan& plan) {
  UniqueFd master = TRY(OpenMaster(root));
  TRY(kernel::UnlockTerminal(master.Get()));
  UniqueFd slave = TRY(kernel::OpenPeer(master.Get()));
  if (plan.console_size) {
    TRY(kernel::SetWindowSize(
        master.Get(), {.rows = plan.console_size->height, .columns = plan.console_size->width}));
  }
  // The group stays the one that devpts was mounted with (tty).
  TRY_WITHIN(kernel::SetOwner(slave.Get(), plan.uid, static_cast<gid_t>(-1)), "the terminal");
  const unsigned number = TRY(kernel::TerminalNumber(master.Get()));
  return Console{.master = std::move(master),
                 .slave = std::move(slave),
                 .name = "/dev/pts/" + std::to_string(number)};
}

}  // namespace

Result<Console> OpenConsole(const UniqueFd& root, const plan::ProcessPlan& plan) {
  return TRY_WITHIN(MakeConsole(root, plan), plan.origin + ".terminal");
}

Result<void> BindConsole(const UniqueFd& root, const Console& console) {
  const UniqueFd target =
      TRY_WITHIN(kernel::MakeFileInRoot(root, "dev/console", 0600, 0, 0), "/dev/console");
  const UniqueFd mount = TRY(kernel::CloneTree(console.slave.Get(), "", /*recursive=*/false));
  TRY_WITHIN(kernel::MoveMount(mount, target), "/dev/console");
  return {};
}

Result<void> SendConsole(int socket, const Console& console) {
  TRY_WITHIN(kernel::SendPacket(socket, console.name, {console.master.Get()}), "console socket");
  return {};
}

Result<void> UseConsole(const Console& console, unsigned streams) {
  TRY(kernel::StartSession(console.slave.Get()));
  return kernel::UseAsStandard(console.slave.Get(), streams);
}

}  // namespace agentbox::apply
