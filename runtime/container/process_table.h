// Processes of a container as ps(1) shows them.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace agentbox::container {

// The lines that ps(1), run with `options`, prints for the processes `pids`, after its heading.
// kUnsupported where there is no ps, kUsage where its output has no PID column.
Result<std::string> ProcessTable(const std::vector<pid_t>& pids,
                                 const std::vector<std::string>& options);

// Of `table`, ps(1)'s output, the heading and the lines of `pids`.
Result<std::string> SelectRows(std::string_view table, const std::vector<pid_t>& pids);

}  // namespace agentbox::container
