// A host directory under a layer that takes all writes, and goes with the sandbox.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apply/engine_overlay.h"
#include "apply/sandbox_ids.h"
#include "apply/whiteouts.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

struct ThrowawayRequest {
  const UniqueFd& source;   // the directory, O_PATH
  const std::string& path;  // its path on the host, for messages
  const UniqueFd& scratch;  // directory of the sandbox's own
  std::string name;         // of a new directory in it
  Omissions omissions;
  std::uint64_t attributes = 0;  // MOUNT_ATTR_*
};

// A detached mount of it.
Result<UniqueFd> Throwaway(const ThrowawayRequest& request, const SandboxIds& ids);

// A detached mount of `source` that writes to it: of an engine's overlay its own layers mounted
// anew, with its upper layer, which keeps the ids that the engine knows; else a copy of the mount.
Result<UniqueFd> WriteThrough(const ThrowawayRequest& request, const SandboxIds& ids);

struct OverlayPlace {
  const UniqueFd& scratch;  // as of ThrowawayRequest
  std::string name;
  std::uint64_t attributes = 0;
};

// A detached mount of `overlay` made anew with the container's ids, whose upper directory, if it
// has one, keeps those on disk.
Result<UniqueFd> OverlayOf(const EngineOverlay& overlay,
                           const OverlayPlace& place,
                           const SandboxIds& ids);

}  // namespace agentbox::apply
