// The layer of a review over one tree, beside that tree: what the walk over it begins with.
#pragma once

#include <cstdint>
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

// Which directory at a real tree's path is taken for that.
enum class TreeRule : std::uint8_t {
  kShown,  // the one that the sandbox was shown, as far as that is known
  kAny,
};

// The real tree. Errors as of OpenTree (review/real_tree.h) and CheckIsShown (review/identity.h).
Result<UniqueFd> OpenTree(const ReviewedMount& mount, TreeRule rule);

// Whether the error is that the tree is not there; or that another directory is.
bool IsTreeGone(const Error& error);
bool IsTreeAnother(const Error& error);

// Nothing where the sandbox never came to write to it, nor where it has not and the tree is gone.
// Errors of the tree as of OpenTree.
Result<std::optional<OpenedLayer>> OpenLayer(const Review& review,
                                             const ReviewedMount& mount,
                                             TreeRule rule = TreeRule::kShown);

}  // namespace agentbox::review
