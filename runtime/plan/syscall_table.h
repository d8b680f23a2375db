// Every system call of x86-64 and arm64 that Linux 6.18 knows, and what the profile `dev` does with
// it. The filter is generated from it, `agentbox seccomp` and agentbox-seccomp(7) print it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "plan/syscall_grounds.h"

namespace agentbox::plan {

enum class Architecture : std::uint8_t { kAmd64, kArm64 };

#if defined(__aarch64__)
inline constexpr Architecture kNative = Architecture::kArm64;
#else
inline constexpr Architecture kNative = Architecture::kAmd64;
#endif

struct SyscallEntry {
  std::string_view name;
  int x86_64 = 0;  // the call's number; less than 0: the architecture has no such call
  int aarch64 = 0;
  const SyscallGround* ground = nullptr;

  // Nothing where `architecture` has no such call.
  std::optional<std::uint32_t> Number(Architecture architecture = kNative) const;
};

// Sorted by name, without repetitions.
std::span<const SyscallEntry> SyscallTable();

// Nothing for a name that is in no table of either architecture.
const SyscallEntry* FindSyscall(std::string_view name);

}  // namespace agentbox::plan
