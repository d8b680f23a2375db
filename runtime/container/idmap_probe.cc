#include "container/idmap_probe.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <csignal>

#include "container/id_ranges.h"
#include "kernel/mount.h"
#include "kernel/namespaces.h"
#include "kernel/process.h"
#include "launch/id_maps.h"

namespace agentbox::container {

Result<IdmapProbe> IdmapProbe::Make() {
  const kernel::Child child = TRY(kernel::Clone(CLONE_NEWUSER));
  if (child.pid == 0) {
    for (;;)
      ::pause();
  }
  const abi::IdMapping line = {.container = 0, .host = kBuiltInIds.first, .count = 1};
  const auto mapped = launch::WriteIdMaps(child.pid, {.uids = {line}, .gids = {line}});
  auto user_namespace = kernel::OpenNamespace(child.pid, "user");
  TRY(kernel::SendSignal(child.pidfd, SIGKILL));
  TRY(kernel::Wait(child.pidfd));
  TRY(mapped);
  return IdmapProbe(TRY(std::move(user_namespace)));
}

Result<void> IdmapProbe::Try(const std::string& path) const {
  const UniqueFd mount = TRY(kernel::CloneTree(AT_FDCWD, path, /*recursive=*/false));
  return kernel::SetIdmap(mount, user_namespace_.Get(), /*recursive=*/false);
}

}  // namespace agentbox::container
