#include "plan/ids.h"

#include <algorithm>

#include "base/strings.h"

namespace agentbox::plan {
namespace {

bool Overlaps(std::uint64_t first, std::uint64_t second, std::uint64_t count, std::uint64_t other) {
  return first < second + other && second < first + count;
}

bool Overlaps(const abi::IdMapping& line, const abi::IdMapping& other) {
  return Overlaps(line.container, other.container, line.count, other.count) ||
         Overlaps(line.host, other.host, line.count, other.count);
}

Result<void> CheckMapping(const abi::IdMapping& line,
                          const std::string& origin,
                          const HostFacts& facts) {
  constexpr std::uint64_t kIds = 1ULL << 32U;
  if (line.count == 0) {
    return Fail(Error(ErrorKind::kInvalidSpec, origin + ".size: expected more than 0"));
  }
  // The last id, 2^32-1, stands for "no id" and can not be mapped.
  if (std::uint64_t{line.container} + line.count >= kIds ||
      std::uint64_t{line.host} + line.count >= kIds) {
    return Fail(Error(ErrorKind::kInvalidSpec, origin + ": the range passes the last id"));
  }
  if (line.host == 0 && facts.in_initial_user_namespace) {
    return Fail(Error(ErrorKind::kRefused,
                      origin + ".hostID: 0 is root of the host, which is never mapped"));
  }
  return {};
}

// The rules of user_namespaces(7) that the kernel would answer with a bare EINVAL.
Result<void> CheckMappings(const std::vector<abi::IdMapping>& map,
                           const std::string& origin,
                           const HostFacts& facts) {
  for (auto line = map.begin(); line != map.end(); ++line) {
    const std::string here = origin + "[" + std::to_string(line - map.begin()) + "]";
    TRY(CheckMapping(*line, here, facts));
    const bool overlaps = std::any_of(
        map.begin(), line, [&line](const abi::IdMapping& other) { return Overlaps(*line, other); });
    if (overlaps) {
      return Fail(Error(ErrorKind::kInvalidSpec, here + ": overlaps an earlier range"));
    }
  }
  return {};
}

std::vector<std::uint32_t> BeyondRange(std::vector<std::uint32_t> ids) {
  std::erase_if(ids, [](std::uint32_t id) { return id < kIdRangeSize; });
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

Result<IdsPlan> PlanOwnRange(const spec::Config& config) {
  IdsPlan plan = {.origin = "default"};
  if (!config.process) return plan;
  const spec::User& user = config.process->user;
  std::vector<std::uint32_t> gids = user.additional_gids;
  gids.push_back(user.gid);
  plan.far_uids = BeyondRange({user.uid});
  plan.far_gids = BeyondRange(std::move(gids));
  constexpr std::uint32_t kMost = kNobodyId - kFirstReservedId;
  if (plan.far_gids.size() > kMost) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      "process.user.additionalGids: expected at most " + std::to_string(kMost) +
                          " ids from " + std::to_string(kIdRangeSize) + " on"));
  }
  return plan;
}

std::vector<abi::IdMapping> MapOnRange(const std::vector<std::uint32_t>& far, std::uint32_t first) {
  if (far.empty()) return {{0, first, kIdRangeSize}};
  std::uint32_t stand_in = kNobodyId - static_cast<std::uint32_t>(far.size());
  std::vector<abi::IdMapping> map = {{0, first, stand_in},
                                     {kNobodyId, first + kNobodyId, kIdRangeSize - kNobodyId}};
  for (const std::uint32_t id : far)
    map.push_back({id, first + stand_in++, 1});
  return map;
}

// All that the runtime's own user namespace has. Where that has an id 0, an engine numbered the ids
// as its containers are to see them. Else the numbers are the host's: the user becomes root, and
// the subordinate ids follow.
std::vector<abi::IdMapping> Inherited(const std::vector<abi::IdMapping>& own, std::uint32_t self) {
  const bool has_root =
      std::ranges::any_of(own, [](const abi::IdMapping& line) { return line.container == 0; });
  std::vector<abi::IdMapping> map;
  if (has_root) {
    for (const abi::IdMapping& line : own)
      map.push_back({line.container, line.container, line.count});
    return map;
  }
  map.push_back({0, self, 1});
  std::uint32_t next = 1;
  for (const abi::IdMapping& line : own) {
    if (line.container == self && line.count == 1) continue;
    map.push_back({next, line.container, line.count});
    next += line.count;
  }
  return map;
}

bool JoinsUserNamespace(const spec::Linux& linux_part) {
  return std::ranges::any_of(linux_part.namespaces, [](const spec::Namespace& wanted) {
    return wanted.type == "user" && !wanted.path.empty();
  });
}

std::string_view Describe(IdSource source) {
  switch (source) {
    case IdSource::kConfig:
      return "as given";
    case IdSource::kAllocated:
      return "a range of its own";
    case IdSource::kInherited:
      return "those of the runtime's user namespace";
    case IdSource::kJoined:
      return "those of the joined user namespace";
  }
  return "";
}

std::string ToString(std::string_view kind, const std::vector<abi::IdMapping>& map) {
  std::string text;
  for (const abi::IdMapping& line : map) {
    text += std::string(kind) + " " + std::to_string(line.container) + " is " +
            std::to_string(line.host) + ", " + std::to_string(line.count) + " ids\n";
  }
  return text;
}

std::string FarText(std::string_view kind, const std::vector<std::uint32_t>& ids) {
  std::string text;
  for (const std::uint32_t id : ids)
    text += std::string(kind) + " " + std::to_string(id) + " is a reserved id of the range\n";
  return text;
}

}  // namespace

Result<IdsPlan> PlanIds(const spec::Config& config, const HostFacts& facts) {
  const spec::Linux linux_part = config.linux_.value_or(spec::Linux());
  const bool has_uids = !linux_part.uid_mappings.empty();
  const bool has_gids = !linux_part.gid_mappings.empty();
  if (has_uids != has_gids) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      has_uids ? "linux.gidMappings: missing, while linux.uidMappings is there"
                               : "linux.uidMappings: missing, while linux.gidMappings is there"));
  }
  if (has_uids) {
    TRY(CheckMappings(linux_part.uid_mappings, "linux.uidMappings", facts));
    TRY(CheckMappings(linux_part.gid_mappings, "linux.gidMappings", facts));
    const abi::IdMaps maps = {linux_part.uid_mappings, linux_part.gid_mappings};
    return IdsPlan{"linux.uidMappings", IdSource::kConfig, maps, /*idmap_files=*/false, {}, {}};
  }
  if (JoinsUserNamespace(linux_part)) {
    const bool idmap_files = facts.in_initial_user_namespace;
    return IdsPlan{"linux.namespaces", IdSource::kJoined, {}, idmap_files, {}, {}};
  }
  if (!facts.in_initial_user_namespace) {
    const abi::IdMaps maps = {Inherited(facts.own_maps.uids, facts.euid),
                              Inherited(facts.own_maps.gids, facts.egid)};
    return IdsPlan{"default", IdSource::kInherited, maps, /*idmap_files=*/false, {}, {}};
  }
  return PlanOwnRange(config);
}

abi::IdMaps MapsOnRange(const IdsPlan& plan, std::uint32_t first) {
  return {MapOnRange(plan.far_uids, first), MapOnRange(plan.far_gids, first)};
}

std::string ToString(const IdsPlan& plan) {
  std::string text = "ids: " + std::string(Describe(plan.source));
  if (plan.idmap_files) text += ", files idmapped";
  text += "  [" + plan.origin + "]\n";
  text += FarText("uid", plan.far_uids) + FarText("gid", plan.far_gids);
  return text + ToString("uid", plan.maps.uids) + ToString("gid", plan.maps.gids);
}

}  // namespace agentbox::plan
