// Templates as lower layers of a root file system.
#pragma once

#include <vector>

#include "abi/ids.h"
#include "apply/overlay.h"
#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/rootfs.h"

namespace agentbox::apply {

// Adds the layers to `layers`, each as a copy of its mount in which the ids that its files have on
// disk, those of the sandbox that it was made in, appear as this sandbox's: no file is changed, and
// any number of sandboxes use it at once. kUnsupported where that can not be had: on a file system
// without idmapped mounts, and without privilege over the host's, for other ids than its own.
Result<void> AddTemplateLayers(const std::vector<plan::TemplateLayer>& templates,
                               const SandboxIds& ids,
                               OverlayLayers& layers);

// kUnsupported for a template whose marks (opaque directories) are not of the kind that an overlay
// with or without `userxattr` reads: it would show what the template has removed.
Result<void> CheckTemplateMarks(const std::vector<plan::TemplateLayer>& templates, bool userxattr);

// Gives `directory` (O_PATH) the owner and mode of `model`, whose ids need no mapping.
Result<void> CopyOwnershipAsIs(const UniqueFd& model, const UniqueFd& directory);

// The map of an idmapped mount that shows files with the host ids of `from` with those that `to`
// has for the same ids of the container. What is not in both stays unmapped.
std::vector<abi::IdMapping> IdsBetween(const std::vector<abi::IdMapping>& from,
                                       const std::vector<abi::IdMapping>& to);

}  // namespace agentbox::apply
