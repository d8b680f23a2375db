// I/O scheduling priorities (ioprio_set(2)). Not from <linux/ioprio.h>: since Linux 6.6 that names
// a parameter `class`, which C++ can not read.
#pragma once

namespace agentbox::abi {

constexpr int kIoPriorityOfProcess = 1;  // IOPRIO_WHO_PROCESS
constexpr int kIoPriorityLevels = 8;     // IOPRIO_NR_LEVELS

constexpr unsigned kIoClassRealtime = 1;
constexpr unsigned kIoClassBestEffort = 2;
constexpr unsigned kIoClassIdle = 3;

// The value of ioprio_set(2), as IOPRIO_PRIO_VALUE makes it.
constexpr int IoPriority(unsigned io_class, int level) {
  constexpr unsigned kClassShift = 13;
  return static_cast<int>(io_class << kClassShift) | level;
}

}  // namespace agentbox::abi
