// Who a process of ours is in the container's user namespace before it becomes the planned one.
#pragma once

#include "base/error.h"

namespace agentbox::init {

// User and group 0 of the namespace, without supplementary groups, so that what the process makes
// is the container's root's. Nothing where it has no 0: the process keeps the ids it has.
Result<void> BecomeContainerRoot();

}  // namespace agentbox::init
