// Device nodes: mknodat(2).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/error.h"

namespace agentbox::kernel {

// Makes `name` in `directory` with exactly `mode` (S_IFCHR | permissions), whatever the umask.
Result<void> MakeNode(
    int directory, const std::string& name, mode_t mode, std::uint32_t major, std::uint32_t minor);

}  // namespace agentbox::kernel
