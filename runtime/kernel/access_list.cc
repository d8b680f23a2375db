#include "kernel/access_list.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace agentbox::kernel {
namespace {

static_assert(std::endian::native == std::endian::little, "the lists are little-endian");

using IdOf = std::uint32_t (*)(const std::vector<abi::IdMapping>& map, std::uint32_t id);

// A version, then entries of tag, permissions (16 bits each) and id, which only those of named
// users and groups have.
std::string WithIds(std::string acl, const abi::IdMaps& maps, IdOf id_of) {
  constexpr std::size_t kHeader = 4;
  constexpr std::size_t kEntry = 8;
  constexpr std::uint16_t kUser = 0x02;
  constexpr std::uint16_t kGroup = 0x08;
  for (std::size_t at = kHeader; at + kEntry <= acl.size(); at += kEntry) {
    std::uint16_t tag = 0;
    std::memcpy(&tag, acl.data() + at, sizeof tag);
    if (tag != kUser && tag != kGroup) continue;
    std::uint32_t id = 0;
    std::memcpy(&id, acl.data() + at + 4, sizeof id);
    id = id_of(tag == kUser ? maps.uids : maps.gids, id);
    std::memcpy(acl.data() + at + 4, &id, sizeof id);
  }
  return acl;
}

}  // namespace

bool IsAccessList(std::string_view xattr) {
  return xattr == "system.posix_acl_access" || xattr == "system.posix_acl_default";
}

std::string WithHostIds(std::string acl, const abi::IdMaps& maps) {
  return WithIds(std::move(acl), maps, abi::HostId);
}

std::string WithContainerIds(std::string acl, const abi::IdMaps& maps) {
  return WithIds(std::move(acl), maps, abi::ContainerId);
}

}  // namespace agentbox::kernel
