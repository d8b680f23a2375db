#include "apply/mapping_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "kernel/file.h"
#include "kernel/namespaces.h"
#include "kernel/process.h"

namespace agentbox::apply {
namespace {

std::string ToText(const std::vector<abi::IdMapping>& map) {
  std::string text;
  for (const abi::IdMapping& line : map) {
    text += std::to_string(line.container) + " " + std::to_string(line.host) + " " +
            std::to_string(line.count) + "\n";
  }
  return text;
}

Result<UniqueFd> MapAndOpen(pid_t pid, const abi::IdMaps& maps) {
  const std::string process = "/proc/" + std::to_string(pid);
  TRY(kernel::WriteFile(AT_FDCWD, process + "/uid_map", ToText(maps.uids)));
  TRY(kernel::WriteFile(AT_FDCWD, process + "/gid_map", ToText(maps.gids)));
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
