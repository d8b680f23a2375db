// The layer of a review over one tree, beside that tree: what the walk over it begins with.
#pragma once

#include <optional>

#include "base/error.h"
#include "base/unique_fd.h"
#include "review/changes.h"
#include "review/store.h"

namespace agentbox::review {

struct OpenedLayer {
  UniqueFd directory;  // that `upper` is in, with space beside it; O_PATH, as all of these
  UniqueFd upper;
  UniqueFd tree;  // a copy of the mount, without what is mounted in it: as the overlay saw it
  Layer layer;    // borrows both
};

// Nothing where the sandbox never came to write to it, nor where it has not and the tree is gone.
// Errors of the tree as of OpenTree.
Result<std::optional<OpenedLayer>> OpenLayer(const Review& review, const ReviewedMount& mount);

}  // namespace agentbox::review
