// Copies of host mounts with the container's ids, and the message for file systems that can not
// have them.
#pragma once

#include <string>

#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

// A detached copy of the mount that `file` (O_PATH) is on, from `file` on, without submounts; shown
// with the container's ids where files carry the host's. Errors as of NoIdmap; `path` is for them.
Result<UniqueFd> CloneWithIds(const UniqueFd& file, const std::string& path, const SandboxIds& ids);

// Why `error` of SetIdmap came about on `file`, named `path`, and what can be done: kUnsupported
// where the file system has no idmapped mounts, else the error itself.
Error NoIdmap(Error error, int file, const std::string& path);

// The type of the file system that `file` is on, for messages: "overlay", or "an unknown file
// system".
std::string FilesystemType(int file);

}  // namespace agentbox::apply
