#include "apply/seccomp.h"

#include <linux/seccomp.h>

#include <utility>

#include "kernel/seccomp.h"

namespace agentbox::apply {

Result<UniqueFd> Seccomp(const std::vector<abi::SeccompProgram>& programs) {
  UniqueFd listener;
  for (const abi::SeccompProgram& program : programs) {
    UniqueFd loaded = TRY(kernel::LoadSeccompFilter(program));
    if (loaded) listener = std::move(loaded);
  }
  return listener;
}

}  // namespace agentbox::apply
