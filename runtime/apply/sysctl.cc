#include "apply/sysctl.h"

#include <algorithm>

#include "base/strings.h"
#include "kernel/procfs.h"

namespace agentbox::apply {
namespace {

constexpr std::string_view kPingGroups = "net/ipv4/ping_group_range";

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
                    const std::vector<abi::IdMapping>& gids) {
  for (const plan::SysctlStep& step : steps) {
    if ((step.owner & namespaces) == 0) continue;
    const std::string value =
        step.path == kPingGroups ? MappedGroupRange(step.value, gids) : step.value;
    TRY_WITHIN(kernel::WriteProcfs(procfs, "sys/" + step.path, value),
               step.origin + " (" + Quoted(value) + ")");
  }
  return {};
}

}  // namespace agentbox::apply
