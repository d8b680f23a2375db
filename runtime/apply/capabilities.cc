#include "apply/capabilities.h"

#include <linux/capability.h>

#include <cerrno>
#include <string>

#include "abi/capabilities.h"
#include "kernel/capabilities.h"
#include "kernel/prctl.h"

namespace agentbox::apply {
namespace {

bool Has(std::uint64_t set, unsigned capability) {
  return (set & abi::CapabilityBit(capability)) != 0;
}

std::string NameOf(unsigned capability) {
  if (capability < abi::kCapabilityNames.size()) {
    return std::string(abi::kCapabilityNames[capability]);
  }
  return "capability " + std::to_string(capability);
}

}  // namespace

Result<void> DropBoundingSet(const plan::ProcessPlan& plan, std::uint32_t last) {
  for (unsigned capability = 0; capability <= last; ++capability) {
    if (Has(plan.capabilities.bounding, capability)) continue;
    TRY_WITHIN(kernel::DropBoundingCapability(capability), NameOf(capability));
  }
  return {};
}

Result<void> Capabilities(const plan::ProcessPlan& plan) {
  const plan::CapabilitySets& sets = plan.capabilities;
  // What the caller has not got (an engine's own limits, a nested runtime) can not be had: said
  // with a name, where capset(2) says EPERM.
  const kernel::ThreadCapabilities own = TRY(kernel::ReadCapabilities());
  for (unsigned capability = 0; capability < abi::kCapabilityNames.size(); ++capability) {
    if (Has(sets.permitted & ~own.permitted, capability)) {
      return Fail(Error::FromErrno(EPERM).Within(
          plan.origin + ".capabilities.permitted: " + NameOf(capability) + " is not to be had"));
    }
  }

  const std::uint64_t until_exec =
      plan.no_new_privileges ? 0 : own.permitted & abi::CapabilityBit(CAP_SYS_ADMIN);
  TRY_WITHIN(kernel::SetCapabilities({.effective = sets.effective | until_exec,
                                      .permitted = sets.permitted | until_exec,
                                      .inheritable = sets.inheritable}),
             plan.origin + ".capabilities");
  TRY(kernel::ClearAmbientCapabilities());
  for (unsigned capability = 0; capability < abi::kCapabilityNames.size(); ++capability) {
    if (!Has(sets.ambient, capability)) continue;
    TRY_WITHIN(kernel::RaiseAmbientCapability(capability),
               plan.origin + ".capabilities.ambient: " + NameOf(capability));
  }
  return {};
}

Result<void> NoNewPrivileges(const plan::ProcessPlan& plan) {
  if (!plan.no_new_privileges) return {};
  return kernel::SetNoNewPrivileges();
}

}  // namespace agentbox::apply
