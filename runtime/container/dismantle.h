// The end of a container, or of what is there of one: everything that its state names is removed.
#pragma once

#include "base/error.h"
#include "container/container.h"
#include "container/state_file.h"

namespace agentbox::container {

// Kills what still runs, and removes the cgroup, the scratch directory, layers kept for review that
// have no change, the id range's record, and at last the state directory. Goes on past an error, so
// that as much as possible goes; the first one is returned, and the state directory stays then, for
// another try.
Result<void> Dismantle(const StateDirectory& directory, const StateFile& state);

// The process that the state names, if it is still that process.
Result<UniqueFd> OpenInit(const StateFile& state);

}  // namespace agentbox::container
