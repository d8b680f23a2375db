// Whether a review is worth keeping, and how large it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "review/store.h"

namespace agentbox::review {

// How many names at the top of the trees have a change at or below them; the top itself counts as
// one, if its mode or owner differs. A tree that can not be looked at, as one that is gone, counts.
std::size_t CountTopChanges(const Review& review);

// Whether that is more than none; looks no further than to the first change.
bool HasChanges(const Review& review);

// Bytes on disk of the layers of the review below `base`, which may be written to and
// removed meanwhile.
Result<std::uint64_t> SizeOf(const std::string& base, const Record& record);

}  // namespace agentbox::review
