// Whether a review is worth keeping, and how large it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "review/store.h"

namespace agentbox::review {

// How many changes WalkChanges visits in all trees. One that can not be looked at, as one that is
// gone, counts as a change more.
std::size_t CountChanges(const Review& review);

// The mounts of which that is more than none; looks no further than to the first change of each.
// All, if an apply was interrupted.
std::vector<ReviewedMount> ChangedMounts(const Review& review);

// Bytes on disk of the layers of the review below `base`, which may be written to and
// removed meanwhile.
Result<std::uint64_t> SizeOf(const std::string& base, const Record& record);

}  // namespace agentbox::review
