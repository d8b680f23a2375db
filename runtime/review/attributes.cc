#include "review/attributes.h"

#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include "kernel/access_list.h"
#include "kernel/xattr.h"
#include "review/marks.h"

namespace agentbox::review {
namespace {

// What a host gives to all files by rules of its own.
constexpr std::array<std::string_view, 7> kOfTheHost = {"btrfs.compression",
                                                        "security.SMACK64",
                                                        "security.apparmor",
                                                        "security.evm",
                                                        "security.ima",
                                                        "security.selinux",
                                                        "system.nfs4_acl"};

static_assert(std::endian::native == std::endian::little, "file capabilities are little-endian");

std::uint32_t Read32(const std::string& value, std::size_t at) {
  std::uint32_t number = 0;
  std::memcpy(&number, value.data() + at, sizeof number);
  return number;
}

void Write32(std::string& value, std::size_t at, std::uint32_t number) {
  std::memcpy(value.data() + at, &number, sizeof number);
}

// File capabilities (struct vfs_ns_cap_data): those of version 3 hold for a user namespace whose
// root is the user at their end; without it, which is version 2, for the host's.
std::string WithContainerRoot(std::string capability, const abi::IdMaps& maps) {
  if (capability.size() != XATTR_CAPS_SZ_3) return capability;
  const std::uint32_t magic = Read32(capability, 0);
  if ((magic & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_3) return capability;
  const std::uint32_t host = Read32(capability, XATTR_CAPS_SZ_2);
  const std::uint32_t root = maps.IsEmpty() ? host : abi::ContainerId(maps.uids, host);
  Write32(capability, XATTR_CAPS_SZ_2, root);
  if (root != 0) return capability;
  Write32(capability, 0, (magic & VFS_CAP_FLAGS_MASK) | VFS_CAP_REVISION_2);
  capability.resize(XATTR_CAPS_SZ_2);
  return capability;
}

std::string Normal(const std::string& name, std::string value, const abi::IdMaps& maps) {
  if (name == "security.capability") return WithContainerRoot(std::move(value), maps);
  if (kernel::IsAccessList(name) && !maps.IsEmpty())
    return kernel::WithContainerIds(std::move(value), maps);
  return value;
}

template <typename Predicate>
Result<Attributes> Read(int file, const abi::IdMaps& maps, Predicate is_wanted) {
  Attributes attributes;
  for (std::string& name : TRY(kernel::ListXattrs(file))) {
    const bool is_of_host = std::ranges::find(kOfTheHost, name) != kOfTheHost.end();
    if (is_of_host || !is_wanted(name)) continue;
    auto value = TRY(kernel::ReadXattr(file, name));
    if (!value) continue;  // removed meanwhile
    std::string normal = Normal(name, *std::move(value), maps);
    attributes.emplace_back(std::move(name), std::move(normal));
  }
  std::ranges::sort(attributes);
  return attributes;
}

}  // namespace

Result<Attributes> LayerAttributes(const Layer& layer, int file) {
  return Read(file, layer.maps, [&layer](const std::string& name) {
    return !IsMark(name, layer.uses_user_xattrs);
  });
}

Result<Attributes> TreeAttributes(int file) {
  return Read(file, abi::IdMaps(), [](const std::string&) { return true; });
}

}  // namespace agentbox::review
