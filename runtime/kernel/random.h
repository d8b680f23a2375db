// Random numbers: getrandom(2).
#pragma once

#include <cstdint>

#include "base/error.h"

namespace agentbox::kernel {

Result<std::uint64_t> RandomNumber();

}  // namespace agentbox::kernel
