// Places in the container's root file system where something is mounted or made.
#pragma once

#include <cstdint>
#include <string>

#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

enum class DestinationKind : std::uint8_t { kDirectory, kFile };

// An O_PATH descriptor of `path` in `rootfs`, as the container would resolve it: symlinks lead
// nowhere but into `rootfs`. What is missing is made, empty, owned by the container's root; where a
// symlink dangles, at the place that it names. ELOOP after 40 symlinks.
Result<UniqueFd> Destination(const UniqueFd& rootfs,
                             const std::string& path,
                             DestinationKind kind,
                             const SandboxIds& ids);

// The same where the last part, if it is a symlink, is itself the destination.
Result<UniqueFd> DestinationNofollow(const UniqueFd& rootfs,
                                     const std::string& path,
                                     DestinationKind kind,
                                     const SandboxIds& ids);

// An O_PATH descriptor of the directory that `path` is in, which is made as above, and the last
// part.
struct Entry {
  UniqueFd directory;
  std::string name;
};
Result<Entry> DestinationEntry(const UniqueFd& rootfs,
                               const std::string& path,
                               const SandboxIds& ids);

}  // namespace agentbox::apply
