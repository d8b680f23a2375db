#include "apply/attributes.h"

#include <fcntl.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "kernel/access_list.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/xattr.h"

namespace agentbox::apply {
namespace {

bool IsCopied(std::string_view name) {
  // Those of overlayfs say what another layer is made of.
  return kernel::IsAccessList(name) ||
         (name.starts_with("user.") && !name.starts_with("user.overlay."));
}

bool IsPassedOver(const Error& error) {
  return error.Errno() == EACCES || error.Errno() == EPERM || error.Errno() == ENOTSUP;
}

}  // namespace

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
    if (kernel::IsAccessList(name) && ids.idmap_files)
      text = kernel::WithHostIds(std::move(text), ids.maps);
    if (!writable) writable = TRY(kernel::Open(directory.Get(), ".", O_RDONLY | O_DIRECTORY));
    const auto set = kernel::SetXattr(writable.Get(), name, text);
    if (!set && !IsPassedOver(set.error())) return Fail(set.error());
  }
  return {};
}

}  // namespace agentbox::apply
