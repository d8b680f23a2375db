#include "apply/mapping_namespace.h"

#include <sched.h>
#include <unistd.h>

#include <csignal>

#include "kernel/id_maps.h"
#include "kernel/namespaces.h"
#include "kernel/process.h"

namespace agentbox::apply {
namespace {

Result<UniqueFd> MapAndOpen(pid_t pid, const abi::IdMaps& maps) {
  TRY(kernel::WriteIdMaps(pid, maps));
  return kernel::OpenNamespace(pid, "user");
}

}  // namespace

Result<UniqueFd> MakeMappingNamespace(const abi::IdMaps& maps) {
  const kernel::Child child = TRY(kernel::Clone(CLONE_NEWUSER));
  if (child.pid == 0) {
    for (;;)
      ::pause();
  }
  auto opened = MapAndOpen(child.pid, maps);
  TRY(kernel::SendSignal(child.pidfd, SIGKILL));
  TRY(kernel::Wait(child.pidfd));
  return opened;
}

}  // namespace agentbox::apply
