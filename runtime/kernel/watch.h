// Descriptors that become readable when something happens: eventfd(2), inotify(7).
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// eventfd(2), not blocking.
Result<UniqueFd> MakeEventFd();

// The counter, which is 0 afterwards.
Result<std::uint64_t> ReadEventFd(const UniqueFd& eventfd);

// An inotify descriptor, not blocking, that is readable when the file changes: also a file of the
// kernel's that tells of its changes.
Result<UniqueFd> WatchFile(const std::string& path);

// Reads away what has happened.
Result<void> DrainWatch(const UniqueFd& watch);

}  // namespace agentbox::kernel
