#include "apply/sysctl.h"

#include "base/strings.h"
#include "kernel/procfs.h"

namespace agentbox::apply {

Result<void> Sysctl(const UniqueFd& procfs,
                    const std::vector<plan::SysctlStep>& steps,
                    std::uint64_t namespaces) {
  for (const plan::SysctlStep& step : steps) {
    if ((step.owner & namespaces) == 0) continue;
    TRY_WITHIN(kernel::WriteProcfs(procfs, "sys/" + step.path, step.value),
               step.origin + " (" + Quoted(step.value) + ")");
  }
  return {};
}

}  // namespace agentbox::apply
