// What a sandbox is not to see of the host directory below its throwaway layer.
#pragma once

#include <string>
#include <vector>

#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/rootfs.h"

namespace agentbox::apply {

struct Omissions {
  const std::vector<std::string>& hidden;   // as plan::RootfsPlan
  const std::vector<std::string>& emptied;  // as plan::RootfsPlan
  std::vector<plan::StandIn> stand_ins;     // as plan::RootfsPlan
};

// What Omit made: paths relative to the tree, no part of which is a symlink.
struct Omitted {
  std::vector<std::string> whiteouts;
  std::vector<std::string> opaque;  // directories
};

// Makes in `upper` (O_PATH, a future layer) the whiteouts of what is hidden, or what stands
// in for it, and an opaque directory for each that begins empty, within directories with the mode
// and owner of those in `below`, over which `upper` is to lie. Passes over what `below` does not
// have. Of a hidden path that is a symlink the symlink is hidden, not what it leads to. Before the
// overlay is mounted: the kernel does not support changes of a layer after that
// (Documentation/filesystems/overlayfs.rst).
Result<Omitted> Omit(const Omissions& omissions,
                     const UniqueFd& below,
                     const UniqueFd& upper,
                     const SandboxIds& ids);

// Gives `directory` (O_PATH) the mode and the attributes of `model`, and its owner as the
// container's files have it.
Result<void> CopyOwnership(const UniqueFd& model, const UniqueFd& directory, const SandboxIds& ids);

}  // namespace agentbox::apply
