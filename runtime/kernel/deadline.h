// Waiting, with an end: poll(2), and pauses where the kernel gives no sign.
#pragma once

#include <chrono>

#include "base/error.h"

namespace agentbox::kernel {

// A point in time after which nobody waits any more (CLOCK_MONOTONIC).
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds from_now)
      : end_(std::chrono::steady_clock::now() + from_now) {}

  bool HasPassed() const { return std::chrono::steady_clock::now() >= end_; }
  // Rounded up, so that it is 0 only when it has passed.
  std::chrono::milliseconds Left() const;

 private:
  std::chrono::steady_clock::time_point end_;
};

// Waits until one of `events` (POLLIN, POLLPRI) is there, or an error or a hang-up; false where
// `deadline` passes first.
Result<bool> PollUntil(int fd, short events, const Deadline& deadline);

// For states that only reading again tells, such as that of the v1 freezer.
void Pause(std::chrono::microseconds time);

}  // namespace agentbox::kernel
