#include "apply/credentials.h"

#include <cerrno>
#include <string>

#include "kernel/prctl.h"
#include "kernel/user.h"

namespace agentbox::apply {
namespace {

std::string Text(const std::vector<std::uint32_t>& ids) {
  std::string text;
  for (const std::uint32_t id : ids)
    text += (text.empty() ? "" : ", ") + std::to_string(id);
  return text;
}

// EINVAL of the calls below has one meaning.
Result<void> Explained(Result<void> result, const std::string& what) {
  if (result || result.error().Errno() != EINVAL) return result;
  return Fail(std::move(result).error().Within(what + " is not mapped in the user namespace"));
}

Result<void> SetIds(const plan::ProcessPlan& plan) {
  auto groups = Explained(kernel::SetGroups(plan.additional_gids),
                          "one of the gids " + Text(plan.additional_gids));
  // EPERM: /proc/PID/setgroups says "deny" (a rootless user without subordinate ids). The groups
  // then stay as they are, which is right where none are asked for.
  const bool denied = !groups && groups.error().Errno() == EPERM && plan.additional_gids.empty();
  if (!denied) TRY_WITHIN(std::move(groups), plan.origin + ".user.additionalGids");
  TRY_WITHIN(Explained(kernel::SetGid(plan.gid), "gid " + std::to_string(plan.gid)),
             plan.origin + ".user.gid");
  TRY_WITHIN(Explained(kernel::SetUid(plan.uid), "uid " + std::to_string(plan.uid)),
             plan.origin + ".user.uid");
  return {};
}

}  // namespace

Result<void> User(const plan::ProcessPlan& plan) {
  TRY(kernel::SetKeepCapabilities(true));
  TRY(SetIds(plan));
  TRY(kernel::SetKeepCapabilities(false));
  // runtime-spec has no default; runc's and crun's is what a login has, whatever the engine's is.
  kernel::SetUmask(plan.umask.value_or(0022));
  return {};
}

}  // namespace agentbox::apply
