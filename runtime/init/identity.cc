#include "init/identity.h"

#include <cerrno>

#include "kernel/user.h"

namespace agentbox::init {
namespace {

// EINVAL: the user namespace has no such id (setuid(2)). The kernel is asked and not the maps,
// which init does not know of a namespace that it joined.
Result<void> IgnoreUnmapped(Result<void> result) {
  if (!result && result.error().Errno() == EINVAL) return {};
  return result;
}

}  // namespace

Result<void> BecomeContainerRoot() {
  // EPERM: setgroups(2) is denied in a namespace whose maps were written without privilege
  // (user_namespaces(7)); the groups that stay are the invoking user's own.
  const auto cleared = kernel::SetGroups({});
  if (!cleared && cleared.error().Errno() != EPERM) return Fail(cleared.error());
  TRY(IgnoreUnmapped(kernel::SetGid(0)));
  return IgnoreUnmapped(kernel::SetUid(0));
}

}  // namespace agentbox::init
