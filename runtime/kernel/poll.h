// Waiting for descriptors: poll(2), which unlike epoll(7) takes files too.
#pragma once

#include <poll.h>

#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace agentbox::kernel {

// Until one of the `count` waits is ready. A `fd` of -1 is passed over.
Result<void> Poll(struct pollfd* waits, std::size_t count);

Result<void> SetNonBlocking(int fd);

// What one write(2) takes. EAGAIN: nothing now.
Result<std::size_t> WriteSome(int fd, std::string_view data);

}  // namespace agentbox::kernel
