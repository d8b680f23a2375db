// What this machine is: uname(2), statfs(2), sizes of the kernel's own tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"

namespace agentbox::kernel {

struct SystemName {
  std::string node;     // the host's name
  std::string release;  // "6.1.0-18-amd64"
  std::string machine;  // "x86_64"
};

Result<SystemName> ReadSystemName();

// The magic of the file system that `path` is on (CGROUP2_SUPER_MAGIC); nothing where there is no
// such path.
Result<std::optional<std::uint64_t>> FindFilesystemMagic(const std::string& path);

// How messages call the file system of that magic: "ext4"; the number where it is none of the
// common ones.
std::string FilesystemName(std::uint64_t magic);

// Bytes that the caller may still write to the file system that `path` is on (statvfs(3)).
Result<std::uint64_t> FreeSpace(const std::string& path);

// Whether the program is set-uid, or has file capabilities, and so can do what its caller can not.
bool HasFilePrivilege(const std::string& path);

// The highest capability that the kernel knows (/proc/sys/kernel/cap_last_cap).
unsigned LastCapability();

}  // namespace agentbox::kernel
