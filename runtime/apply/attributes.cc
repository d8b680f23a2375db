#include "apply/attributes.h"

#include <fcntl.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/xattr.h"

namespace agentbox::apply {
namespace {

static_assert(std::endian::native == std::endian::little, "the lists are little-endian");

bool IsAccessList(std::string_view name) {
  return name == "system.posix_acl_access" || name == "system.posix_acl_default";
}

bool IsCopied(std::string_view name) {
  // Those of overlayfs say what another layer is made of.
  return IsAccessList(name) || (name.starts_with("user.") && !name.starts_with("user.overlay."));
}

bool IsPassedOver(const Error& error) {
  return error.Errno() == EACCES || error.Errno() == EPERM || error.Errno() == ENOTSUP;
}

}  // namespace

std::string WithHostIds(std::string acl, const abi::IdMaps& maps) {
  constexpr std::size_t kHeader = 4;
  constexpr std::size_t kEntry = 8;  // tag and permissions of 16 bits each, an id
  constexpr std::uint16_t kUser = 0x02;
  constexpr std::uint16_t kGroup = 0x08;
  for (std::size_t at = kHeader; at + kEntry <= acl.size(); at += kEntry) {
    std::uint16_t tag = 0;
    std::memcpy(&tag, acl.data() + at, sizeof tag);
    if (tag != kUser && tag != kGroup) continue;
    std::uint32_t id = 0;
    std::memcpy(&id, acl.data() + at + 4, sizeof id);
    id = abi::HostId(tag == kUser ? maps.uids : maps.gids, id);
    std::memcpy(acl.data() + at + 4, &id, sizeof id);
  }
  return acl;
}

Result<void> CopyAttributes(const UniqueFd& model,
                            const UniqueFd& directory,
                            const SandboxIds& ids) {
  UniqueFd writable;
  for (const std::string& name : TRY(kernel::ListXattrs(model.Get()))) {
    if (!IsCopied(name)) continue;
    auto value = kernel::ReadXattr(model.Get(), name);
    if (!value && IsPassedOver(value.error())) continue;
    if (!value) return Fail(value.error());
    if (!*value) continue;  // removed meanwhile
    std::string text = **std::move(value);
    if (IsAccessList(name) && ids.idmap_files) text = WithHostIds(std::move(text), ids.maps);
    if (!writable) writable = TRY(kernel::Open(directory.Get(), ".", O_RDONLY | O_DIRECTORY));
    const auto set = kernel::SetXattr(writable.Get(), name, text);
    if (!set && !IsPassedOver(set.error())) return Fail(set.error());
  }
  return {};
}

}  // namespace agentbox::apply
