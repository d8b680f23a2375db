#include "launch/net_devices.h"

#include <utility>

namespace agentbox::launch {

Result<std::vector<MovedDevice>> MoveNetDevices(const std::vector<plan::NetDeviceStep>& steps,
                                                int network_namespace) {
  std::vector<MovedDevice> moved;
  for (const plan::NetDeviceStep& step : steps) {
    auto addresses = TRY_WITHIN(kernel::ReadAddresses(step.host_name), step.origin);
    TRY_WITHIN(kernel::MoveInterface(step.host_name, network_namespace, step.name), step.origin);
    moved.push_back({step, std::move(addresses)});
  }
  return moved;
}

Result<void> ConfigureNetDevices(const std::vector<MovedDevice>& devices) {
  for (const MovedDevice& device : devices) {
    TRY_WITHIN(kernel::ConfigureInterface(device.step.name, device.addresses), device.step.origin);
  }
  return {};
}

}  // namespace agentbox::launch
