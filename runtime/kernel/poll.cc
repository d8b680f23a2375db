#include "kernel/poll.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace agentbox::kernel {

Result<void> Poll(struct pollfd* waits, std::size_t count) {
  while (::poll(waits, count, -1) < 0) {
    if (errno != EINTR) return Fail(Error::FromErrno().Within("poll(2)"));
  }
  return {};
}

Result<void> SetNonBlocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    return Fail(Error::FromErrno().Within("fcntl(2) F_SETFL"));
  }
  return {};
}

Result<std::size_t> WriteSome(int fd, std::string_view data) {
  ssize_t size = -1;
  while ((size = ::write(fd, data.data(), data.size())) < 0) {
    if (errno != EINTR) return Fail(Error::FromErrno().Within("write(2)"));
  }
  return static_cast<std::size_t>(size);
}

}  // namespace agentbox::kernel
