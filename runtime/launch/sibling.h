// A process in namespaces that this one does not enter: a first process does, and clones it as its
// sibling (CLONE_PARENT).
#pragma once

#include "base/error.h"
#include "init/channel.h"
#include "kernel/process.h"

namespace agentbox::launch {

// Waits until `first` has sent the sibling's pidfd over `channel` (kJoined), and reaps `first`; the
// error that it has sent instead.
Result<kernel::Child> ReceiveSibling(const init::Channel& channel, const kernel::Child& first);

}  // namespace agentbox::launch
