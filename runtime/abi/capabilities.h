// Names of capabilities (capabilities(7)).
#pragma once

#include <linux/capability.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace agentbox::abi {

// The index of a name is its number.
constexpr std::array<std::string_view, CAP_LAST_CAP + 1> kCapabilityNames = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};
static_assert(kCapabilityNames[CAP_CHECKPOINT_RESTORE] == "CAP_CHECKPOINT_RESTORE");
static_assert(kCapabilityNames[CAP_SYS_ADMIN] == "CAP_SYS_ADMIN");

// The number of the capability called `name`, as runtime-spec writes it: "CAP_CHOWN".
constexpr std::optional<unsigned> CapabilityNumber(std::string_view name) {
  for (unsigned number = 0; number < kCapabilityNames.size(); ++number) {
    if (kCapabilityNames[number] == name) return number;
  }
  return std::nullopt;
}

constexpr std::uint64_t CapabilityBit(unsigned number) {
  return std::uint64_t{1} << number;
}

}  // namespace agentbox::abi
