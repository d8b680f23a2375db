#include "apply/sysctl.h"

#include <algorithm>
#include <cerrno>

#include "base/strings.h"
#include "kernel/procfs.h"
#include "kernel/user.h"

namespace agentbox::apply {
namespace {

constexpr std::string_view kPingGroups = "net/ipv4/ping_group_range";

// The container's root owns the IPC parameters since Linux 6.9, and no capability lets another
// write to them: the kernel compares effective uids (ipc_permissions() in ipc/ipc_sysctl.c).
Result<void> WriteAsContainerRoot(const UniqueFd& procfs,
                                  const std::string& path,
                                  const std::string& value,
                                  uid_t root) {
  const kernel::EffectiveUid as_root = TRY(kernel::EffectiveUid::Take(root));
  return kernel::WriteProcfs(procfs, path, value);
}

Result<void> Write(const UniqueFd& procfs,
                   const std::string& path,
                   const std::string& value,
                   const abi::IdMaps& maps) {
  auto written = kernel::WriteProcfs(procfs, path, value);
  const uid_t root = abi::HostId(maps.uids, 0);
  const bool try_root = !written && written.error().Errno() == EACCES && root != abi::kOverflowId;
  return try_root ? WriteAsContainerRoot(procfs, path, value, root) : written;
}

}  // namespace

std::string MappedGroupRange(const std::string& value, const std::vector<abi::IdMapping>& gids) {
  const auto gap = value.find_first_of(" \t");
  if (gap == std::string::npos) return value;
  const auto first = ParseNumber<std::uint32_t>(value.substr(0, gap));
  const auto last = ParseNumber<std::uint32_t>(Trimmed(std::string_view(value).substr(gap)));
  if (!first || !last || *first > *last) return value;
  const auto line = std::ranges::find_if(gids, [&](const abi::IdMapping& mapping) {
    return *first >= mapping.container && *first - mapping.container < mapping.count;
  });
  if (line == gids.end()) return value;
  const std::uint32_t end = std::min(*last - line->container, line->count - 1);
  return std::to_string(line->host + (*first - line->container)) + " " +
         std::to_string(line->host + end);
}

Result<void> Sysctl(const UniqueFd& procfs,
                    const std::vector<plan::SysctlStep>& steps,
                    std::uint64_t namespaces,
                    const abi::IdMaps& maps) {
  for (const plan::SysctlStep& step : steps) {
    if ((step.owner & namespaces) == 0) continue;
    const std::string value =
        step.path == kPingGroups ? MappedGroupRange(step.value, maps.gids) : step.value;
    TRY_WITHIN(Write(procfs, "sys/" + step.path, value, maps),
               step.origin + " (" + Quoted(value) + ")");
  }
  return {};
}

}  // namespace agentbox::apply
