// Capabilities of the calling thread (capabilities(7)); bit N of a set is capability N.
#pragma once

#include <cstdint>

#include "base/error.h"

namespace agentbox::kernel {

struct ThreadCapabilities {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
};

// capget(2) and capset(2).
Result<ThreadCapabilities> ReadCapabilities();
Result<void> SetCapabilities(const ThreadCapabilities& capabilities);

// Needs CAP_SETPCAP. EINVAL: this kernel has no such capability.
Result<void> DropBoundingCapability(unsigned capability);

Result<void> ClearAmbientCapabilities();
// EPERM unless it is permitted and inheritable.
Result<void> RaiseAmbientCapability(unsigned capability);

}  // namespace agentbox::kernel
