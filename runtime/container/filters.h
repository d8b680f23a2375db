// The planned seccomp filters as programs for the kernel.
#pragma once

#include <vector>

#include "abi/seccomp.h"
#include "base/error.h"
#include "plan/seccomp.h"

namespace agentbox::container {

Result<std::vector<abi::SeccompProgram>> CompileFilters(const plan::SeccompPlan& plan);

}  // namespace agentbox::container
