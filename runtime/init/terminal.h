// process.terminal: where the process's standard streams come from.
#pragma once

#include <cstdint>
#include <optional>

#include "apply/console.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/process.h"

namespace agentbox::init {

// Whether the terminal is /dev/console of the container, too: that of its first process is.
enum class ConsoleDevice : std::uint8_t { kBound, kLeft };

// Where process.terminal: a terminal of the container's own devpts, whose master side has gone to
// `console_socket`. Else nothing.
Result<std::optional<apply::Console>> OpenTerminal(const plan::ProcessPlan& process,
                                                   const UniqueFd& console_socket,
                                                   ConsoleDevice device);

}  // namespace agentbox::init
