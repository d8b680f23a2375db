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

  // Paths of the host's devices that a container has not, though it was given all (--privileged):
  // none of these was asked for by name.
  std::vector<std::string> left_out;
};

// Whether every container has the character device `major`:`minor`.
bool IsDefaultDevice(std::uint32_t major, std::uint32_t minor);

// Whether `mount` binds a device of the host's that nobody has named: Podman of a user other than
// root binds every node of /dev for --privileged. Such a mount is left out.
bool IsLeftOut(const spec::Mount& mount, const spec::Config& config, const policy::Policy& policy);

// kInvalidSpec for a device that could not be; kRefused for one of the host's that is neither a
// default nor named by the policy's devices.allow. Where linux.resources.devices allows all, such a
// device is left out; so is what IsLeftOut has.
Result<DevicesPlan> PlanDevices(const spec::Config& config, const policy::Policy& policy);

std::string ToString(const DeviceStep& step);

}  // namespace agentbox::plan
