// The standard streams that `do` hands to a command which nobody trusts.
#pragma once

#include "base/error.h"

namespace agentbox::container {

// Which of the standard streams are terminals; bit N is descriptor N.
unsigned TerminalStreams();

// Takes from the standard streams what leads out of a sandbox:
//  - a directory (kRefused): an open one of the host's has a way out by "/proc/self/fd/0/.."
//    (CVE-2024-21626);
//  - of a file that is open for reading alone (`< FILE`) the right to write: by /proc/self/fd/0
//    whoever may write the file could open it anew. The stream is replaced by one that stands on a
//    read-only mount, at the same offset. kRefused where that can not be had.
// A file that is open for writing (`> FILE`) stays as it is.
Result<void> SecureStreams();

}  // namespace agentbox::container
