// What a host directory is made of: itself, or the layers of the overlay that it is.
#pragma once

#include <string>

#include "apply/engine_overlay.h"
#include "apply/overlay.h"
#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

// Whether `directory` is on an overlay that has to be taken apart: overlays can not be idmapped.
Result<bool> IsOverlayToFlatten(const UniqueFd& directory, const SandboxIds& ids);

// The overlay that `directory` is the root of, its directories absolute. kUnsupported, naming the
// way out, for a directory within an overlay, and where the directories are not where the mount
// table says (they are the engine's, of a mount namespace that may have been another).
Result<EngineOverlay> FindEngineOverlay(const UniqueFd& directory, const std::string& path);

// Adds the directory to `layers` with the container's ids: as one lower layer, or as all of a
// flattened overlay, with its upper directory on top, and the options that they need.
Result<void> AddLowerLayer(const UniqueFd& directory,
                           const std::string& path,
                           const SandboxIds& ids,
                           OverlayLayers& layers);

// Adds the lower layers of `overlay`, each as above, and its data-only ones.
Result<void> AddLowerLayers(const EngineOverlay& overlay,
                            const SandboxIds& ids,
                            OverlayLayers& layers);

}  // namespace agentbox::apply
