// Network interfaces, by rtnetlink(7): just what runtime-spec's linux.netDevices needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace agentbox::kernel {

// One address of an interface, as the kernel gives and takes it.
struct InterfaceAddress {
  std::uint8_t family = 0;  // AF_INET or AF_INET6
  std::uint8_t prefix_length = 0;
  std::uint8_t flags = 0;
  std::uint8_t scope = 0;
  std::vector<std::uint8_t> local;    // IFA_LOCAL, or IFA_ADDRESS where there is no other
  std::vector<std::uint8_t> address;  // IFA_ADDRESS: of a point-to-point interface the peer's
};

// The permanent global addresses of the interface in the caller's network namespace: those that it
// loses when it moves to another, and that nobody there would give it (runtime-spec,
// config-linux.md#network-devices).
Result<std::vector<InterfaceAddress>> ReadAddresses(const std::string& interface);

// Moves the interface `name` of the caller's network namespace into `network_namespace` (fd), where
// it is called `new_name`. ENODEV: no such interface; EEXIST: the name is taken there.
Result<void> MoveInterface(const std::string& name,
                           int network_namespace,
                           const std::string& new_name);

// Gives the interface the addresses, and sets it up.
Result<void> ConfigureInterface(const std::string& name,
                                const std::vector<InterfaceAddress>& addresses);

// Sets the interface up, whose other flags stay: ioctl(SIOCSIFFLAGS), netdevice(7).
Result<void> SetInterfaceUp(const std::string& name);

}  // namespace agentbox::kernel
