// linux.netDevices: interfaces of the host that move into the container, with their addresses.
#pragma once

#include <vector>

#include "base/error.h"
#include "kernel/netlink.h"
#include "plan/sandbox_plan.h"

namespace agentbox::launch {

// An interface that has moved, and the addresses that it lost by that.
struct MovedDevice {
  const plan::NetDeviceStep& step;
  std::vector<kernel::InterfaceAddress> addresses;
};

// Moves them out of the caller's network namespace.
Result<std::vector<MovedDevice>> MoveNetDevices(const std::vector<plan::NetDeviceStep>& steps,
                                                int network_namespace);

// Gives them their addresses again and sets them up; the caller is in the container's network
// namespace.
Result<void> ConfigureNetDevices(const std::vector<MovedDevice>& devices);

}  // namespace agentbox::launch
