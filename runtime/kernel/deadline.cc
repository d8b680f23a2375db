#include "kernel/deadline.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace agentbox::kernel {

std::chrono::milliseconds Deadline::Left() const {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

Result<bool> PollUntil(int fd, short events, const Deadline& deadline) {
  struct pollfd polled = {.fd = fd, .events = events, .revents = 0};
  for (;;) {
    const int count = ::poll(&polled, 1, static_cast<int>(deadline.Left().count()));
    if (count >= 0) return count > 0;
    if (errno != EINTR) return Fail(Error::FromErrno().Within("poll(2)"));
  }
}

void Pause(std::chrono::microseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const auto rest = std::chrono::nanoseconds(time - seconds);
  const struct timespec duration = {.tv_sec = seconds.count(), .tv_nsec = rest.count()};
  ::nanosleep(&duration, nullptr);
}

}  // namespace agentbox::kernel
