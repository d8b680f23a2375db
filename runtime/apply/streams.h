// The standard streams that the container's process inherits. Zone: open.
#pragma once

#include <sys/types.h>

namespace agentbox::apply {

// Gives the pipes and sockets among descriptors 0 to 2 to `uid` (of the host), the container's
// user, who could otherwise not open /dev/stdout: a pipe's mode is 0600. Files and terminals are
// the invoking user's and stay so. What can not be given stays usable through the descriptor.
void OwnStreams(uid_t uid);

}  // namespace agentbox::apply
