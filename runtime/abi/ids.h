// Ranges of user and group ids, and how a user namespace maps them (user_namespaces(7)).
#pragma once

#include <cstdint>
#include <vector>

namespace agentbox::abi {

// One line of uid_map or gid_map: `count` ids from `container` on are those from `host` on.
struct IdMapping {
  std::uint32_t container = 0;
  std::uint32_t host = 0;
  std::uint32_t count = 0;

  bool operator==(const IdMapping&) const = default;
};

struct IdMaps {
  std::vector<IdMapping> uids;
  std::vector<IdMapping> gids;

  bool IsEmpty() const { return uids.empty() && gids.empty(); }
  bool operator==(const IdMaps&) const = default;
};

// The id that the kernel shows for one that is not mapped (/proc/sys/kernel/overflowuid).
constexpr std::uint32_t kOverflowId = 65534;

// The host's id of `id` in the container, or kOverflowId where `map` has none.
constexpr std::uint32_t HostId(const std::vector<IdMapping>& map, std::uint32_t id) {
  for (const IdMapping& line : map) {
    if (id >= line.container && id - line.container < line.count) {
      return line.host + (id - line.container);
    }
  }
  return kOverflowId;
}

// No id: what chown(2) leaves alone, and no map may have.
constexpr std::uint32_t kNoId = ~0U;

// The container's id that is `id` on the host, or kNoId where `map` has none.
constexpr std::uint32_t ContainerId(const std::vector<IdMapping>& map, std::uint32_t id) {
  for (const IdMapping& line : map) {
    if (id >= line.host && id - line.host < line.count) return line.container + (id - line.host);
  }
  return kNoId;
}

// The host's id that is to own what is `id`'s in the container. Where the container has no id 0,
// whom its map begins with stands in for root: a user without subordinate ids.
constexpr std::uint32_t OwnerId(const std::vector<IdMapping>& map, std::uint32_t id) {
  const std::uint32_t host = HostId(map, id);
  return id == 0 && host == kOverflowId && !map.empty() ? map.front().host : host;
}

}  // namespace agentbox::abi
