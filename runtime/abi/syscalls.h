// How system calls of this architecture are told from others in a seccomp filter.
#pragma once

#include <linux/audit.h>

#include <cstdint>

namespace agentbox::abi {

// seccomp_data.arch of this architecture's own calls.
#if defined(__aarch64__)
constexpr std::uint32_t kNativeArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kNativeArchitecture = AUDIT_ARCH_X86_64;
#endif

// x32 on x86-64: the same instruction and architecture, another table (__X32_SYSCALL_BIT). No
// architecture has native numbers from here on.
constexpr std::uint32_t kForeignNumbers = 0x40000000;

}  // namespace agentbox::abi
