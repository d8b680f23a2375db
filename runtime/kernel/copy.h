// The contents of one file written to another.
#pragma once

#include "base/error.h"

namespace agentbox::kernel {

// All of `from`, a regular file, into `to`, which is empty: holes stay holes, and where the file
// system can share the blocks (copy_file_range(2)) it does. However large they are.
Result<void> CopySparse(int from, int to);

}  // namespace agentbox::kernel
