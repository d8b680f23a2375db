// A layer made independent of the real tree.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "review/changes.h"
#include "review/opened_layer.h"

namespace agentbox::review {

// A directory that was renamed in the sandbox is a mark in the layer: what is in it is still at its
// old place in the real tree. That is copied into the layer, and the mark replaced by one that says
// the directory is complete. What is then done to the real tree changes nothing in what the layer
// says: an apply that was interrupted can look at both again and go on. Each copy has a mark that
// says what it is of: while it is not in the real tree, that is not to go from there. Where
// something in it is deeper than a path can name, which is never applied, the mark stays.
//
// Itself it may be interrupted, too. `staging` is a directory of the review's own, empty, on the
// file system of the layer. What is at the paths `omitted`, relative to the real tree, is not
// copied: to the layer it then is deleted.
Result<void> Settle(const Layer& layer,
                    const UniqueFd& staging,
                    const std::vector<std::string>& omitted = {});

// The same for a layer of the review, which is on disk first.
Result<void> SettleOnDisk(const Review& review,
                          const OpenedLayer& opened,
                          const std::vector<std::string>& omitted = {});

}  // namespace agentbox::review
