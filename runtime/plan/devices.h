// Device nodes in /dev, and the links that programs expect there. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::plan {

struct DeviceStep {
  std::string origin;  // "linux.devices[0]", or "default devices"
  std::string path;    // absolute, in the container
  mode_t mode = 0;     // S_IFCHR | permissions
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t uid = 0;  // in the container
  std::uint32_t gid = 0;
};

struct SymlinkStep {
  std::string path;    // "/dev/fd"
  std::string target;  // "/proc/self/fd"
};

struct DevicesPlan {
  std::vector<DeviceStep> nodes;  // the defaults of runtime-spec first
  std::vector<SymlinkStep> links;
};

// Whether every container has the character device `major`:`minor`.
bool IsDefaultDevice(std::uint32_t major, std::uint32_t minor);

// kInvalidSpec for a device that could not be; kRefused for one of the host's that is neither a
// default nor named by the policy's devices.allow.
Result<DevicesPlan> PlanDevices(const spec::Config& config, const policy::Policy& policy);

std::string ToString(const DeviceStep& step);

}  // namespace agentbox::plan
