// Loading the filters that launch/ compiled. Zone: init; afterwards the process is *sealed*.
#pragma once

#include <vector>

#include "abi/seccomp.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

// Loads `programs` in order; the listener of the one whose flags ask for it, or an empty fd. Each
// later one is loaded under those before it.
Result<UniqueFd> Seccomp(const std::vector<abi::SeccompProgram>& programs);

}  // namespace agentbox::apply
