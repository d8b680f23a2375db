// Extended attributes (xattr(7)) that belong to a file itself, in a form in which those of a layer
// and those of the real tree can be compared.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "review/changes.h"

namespace agentbox::review {

// Names and values, in the order of the names.
using Attributes = std::vector<std::pair<std::string, std::string>>;

// Of `file` (may be O_PATH) in the layer: without the overlay's marks; ids in access control lists
// and file capabilities are the container's, as Change::layer's (-1: outside the map).
Result<Attributes> LayerAttributes(const Layer& layer, int file);

// Of `file` in the real tree. Both leave out what the host, not the file's owner, gives to files:
// labels (security.selinux) and signatures (security.ima).
Result<Attributes> TreeAttributes(int file);

}  // namespace agentbox::review
