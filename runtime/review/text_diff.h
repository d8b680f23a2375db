// The difference of two texts, by diff(1).
#pragma once

#include <string>

#include "base/error.h"

namespace agentbox::review {

// The hunks of `diff -u`, without the lines before the first; empty where there is no difference.
// Both are regular files open for reading. diff(1) gets nothing but them, no name and no variable
// of the environment. kUnsupported where it is not installed.
Result<std::string> DiffHunks(int before, int after);

}  // namespace agentbox::review
