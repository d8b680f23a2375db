// The mounts of the caller's namespace, as libmount reads them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace agentbox::kernel {

// One line of /proc/self/mountinfo (proc(5)), with its octal escapes undone.
struct MountEntry {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  std::uint64_t device = 0;  // of the file system, which its mounts share
  std::string type;          // "ext4"
  std::string source;        // "/dev/sda1"
  std::string root;          // of the mount, in its file system
  std::string target;        // the mount point
  std::string options;       // of the file system, "rw,lowerdir=..."
};

// All mounts, in the order in which the kernel lists them: one above its submounts, and an earlier
// mount at the same place before a later one. Loads libmount.so.1 with dlopen(3), which costs a
// quarter of a millisecond: only what is mounted over an engine's overlay needs it. kUnsupported
// where it is not there.
Result<std::vector<MountEntry>> ReadMountTable();

// The mount that `file` is on, as MountEntry::id counts (statx(2)).
Result<std::uint64_t> MountId(int file);

// The entry of `table` with that id; null if there is none.
const MountEntry* FindMount(const std::vector<MountEntry>& table, std::uint64_t id);

}  // namespace agentbox::kernel
