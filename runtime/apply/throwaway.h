// A host directory, or a file in it, under a layer that takes all writes, and goes with the sandbox
// or is kept.
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
  std::vector<plan::TemplateLayer> templates = {};  // topmost first
  bool is_frozen = false;                           // as plan::RootfsPlan
  std::uint64_t attributes = 0;                     // MOUNT_ATTR_*
  std::string file = {};                            // as Lower
};

// A detached mount of it.
Result<UniqueFd> Throwaway(const ThrowawayRequest& request, const SandboxIds& ids);

// Makes in `directory` (O_PATH) a layer over `source`, not yet mounted, and what it leaves out.
Result<Omitted> MakeLayer(const UniqueFd& source,
                          const UniqueFd& directory,
                          const Omissions& omissions,
                          const SandboxIds& ids);

// A detached mount of `source` under the layer in `request.scratch`, which MakeLayer made and which
// is to be there after a crash.
Result<UniqueFd> UnderLayer(const ThrowawayRequest& request, const SandboxIds& ids);

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
