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

}  // namespace agentbox::abi
