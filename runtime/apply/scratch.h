// The directory of one sandbox's throwaway layers.
#pragma once

#include <string>

#include "base/error.h"

namespace agentbox::apply {

// Makes `directory` (absolute) and what is missing above it, for its owner alone. Recorded before
// in state.json, so that a later `delete` finds it.
Result<void> MakeScratch(const std::string& directory);

// Removes it with all that the sandbox left there, of which nothing is followed or trusted. No
// error if it is not there.
Result<void> RemoveScratch(const std::string& directory);

}  // namespace agentbox::apply
