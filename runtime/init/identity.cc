#include "init/identity.h"

#include <cerrno>

#include "kernel/user.h"

namespace agentbox::init {

Result<void> BecomeContainerRoot(const abi::IdMaps& maps) {
  if (abi::HostId(maps.uids, 0) == abi::kOverflowId) return {};
  // EPERM: setgroups(2) is denied in a namespace whose maps were written without privilege
  // (user_namespaces(7)); the groups that stay are the invoking user's own.
  const auto cleared = kernel::SetGroups({});
  if (!cleared && cleared.error().Errno() != EPERM) return Fail(cleared.error());
  TRY(kernel::SetGid(0));
  return kernel::SetUid(0);
}

}  // namespace agentbox::init
