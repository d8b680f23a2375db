// What a throwaway layer hides of the layers below it, from the start.
#pragma once

#include <string>
#include <vector>

#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

struct Omissions {
  const std::vector<std::string>& hidden;   // as plan::RootfsPlan
  const std::vector<std::string>& emptied;  // as plan::RootfsPlan
};

// Makes in `upper` (O_PATH, a future upper layer) the whiteouts of what is hidden, and an opaque
// directory for each that begins empty, within directories with the mode and owner of those in
// `below`, over which `upper` is to lie. Passes over what `below` does not have. Of a path that is
// a symlink both the symlink and what it leads to are hidden. Before the overlay is mounted: the
// kernel does not support changes of a layer after that (Documentation/filesystems/overlayfs.rst).
Result<void> Omit(const Omissions& omissions,
                  const UniqueFd& below,
                  const UniqueFd& upper,
                  const SandboxIds& ids);

// Gives `directory` (O_PATH) the mode of `model`, and its owner as the container's files have it.
Result<void> CopyOwnership(const UniqueFd& model, const UniqueFd& directory, const SandboxIds& ids);

}  // namespace agentbox::apply
