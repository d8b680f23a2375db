#include "kernel/access_list.h"

#include <sys/stat.h>

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
constexpr std::size_t kHeader = 4;
constexpr std::size_t kEntry = 8;
constexpr std::uint16_t kUser = 0x02;
constexpr std::uint16_t kOwningGroup = 0x04;
constexpr std::uint16_t kGroup = 0x08;
constexpr std::uint16_t kMask = 0x10;

std::uint16_t Read16(const std::string& acl, std::size_t at) {
  std::uint16_t number = 0;
  std::memcpy(&number, acl.data() + at, sizeof number);
  return number;
}

std::string WithIds(std::string acl, const abi::IdMaps& maps, IdOf id_of) {
  for (std::size_t at = kHeader; at + kEntry <= acl.size(); at += kEntry) {
    const std::uint16_t tag = Read16(acl, at);
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
  return xattr == kAccessList || xattr == "system.posix_acl_default";
}

std::string WithHostIds(std::string acl, const abi::IdMaps& maps) {
  return WithIds(std::move(acl), maps, abi::HostId);
}

std::string WithContainerIds(std::string acl, const abi::IdMaps& maps) {
  return WithIds(std::move(acl), maps, abi::ContainerId);
}

mode_t ModeWithout(const std::string& acl, mode_t mode) {
  constexpr unsigned kShift = 3;
  mode_t group = mode >> kShift & S_IRWXO;
  for (std::size_t at = kHeader; at + kEntry <= acl.size(); at += kEntry) {
    const std::uint16_t tag = Read16(acl, at);
    if (tag == kOwningGroup || tag == kMask) group &= Read16(acl, at + sizeof tag);
  }
  return (mode & ~static_cast<mode_t>(S_IRWXG)) | group << kShift;
}

}  // namespace agentbox::kernel
