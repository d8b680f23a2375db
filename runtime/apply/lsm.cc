#include "apply/lsm.h"

#include <cerrno>
#include <string>

#include "base/strings.h"
#include "kernel/procfs.h"

namespace agentbox::apply {
namespace {

Result<void> AppArmor(const UniqueFd& procfs, const std::string& profile) {
  const std::string value = "exec " + profile;
  auto own = kernel::WriteProcfs(procfs, "thread-self/attr/apparmor/exec", value);
  // ENOENT: before Linux 5.8 the LSMs had one file together.
  if (own || own.error().Errno() != ENOENT) return own;
  return kernel::WriteProcfs(procfs, "thread-self/attr/exec", value);
}

}  // namespace

Result<void> ExecLabel(const UniqueFd& procfs, const plan::ProcessPlan& plan) {
  if (!plan.apparmor_profile.empty()) {
    TRY_WITHIN(AppArmor(procfs, plan.apparmor_profile),
               plan.origin + ".apparmorProfile " + Quoted(plan.apparmor_profile));
  }
  if (!plan.selinux_label.empty()) {
    TRY_WITHIN(kernel::WriteProcfs(procfs, "thread-self/attr/exec", plan.selinux_label),
               plan.origin + ".selinuxLabel");
  }
  return {};
}

}  // namespace agentbox::apply
