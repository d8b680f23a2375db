#include "container/idmap_probe.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "container/id_ranges.h"
#include "kernel/id_maps.h"
#include "kernel/mount.h"
#include "kernel/namespaces.h"
#include "kernel/process.h"
#include "kernel/spawn.h"

namespace agentbox::container {

Result<IdmapProbe> IdmapProbe::Make() {
  // The child ends with the pipe's other end, be it that this process is killed.
  kernel::Pipe release = TRY(kernel::MakePipe());
  const kernel::Child child = TRY(kernel::Clone(CLONE_NEWUSER));
  if (child.pid == 0) {
    release.writer.Reset();
    [[maybe_unused]] const auto released = kernel::WaitForEither(release.reader.Get(), -1, -1);
    ::_exit(0);
  }
  const abi::IdMapping line = {.container = 0, .host = kBuiltInIds.first, .count = 1};
  const auto mapped = kernel::WriteIdMaps(child.pid, {.uids = {line}, .gids = {line}});
  auto user_namespace = kernel::OpenNamespace(child.pid, "user");
  release.writer.Reset();
  TRY(kernel::Wait(child.pidfd));
  TRY(mapped);
  return IdmapProbe(TRY(std::move(user_namespace)));
}

Result<void> IdmapProbe::Try(const std::string& path) const {
  const UniqueFd mount = TRY(kernel::CloneTree(AT_FDCWD, path, /*recursive=*/false));
  return kernel::SetIdmap(mount, user_namespace_.Get(), /*recursive=*/false);
}

}  // namespace agentbox::container
