// What waits for review, and its end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "container/container.h"
#include "review/opened_layer.h"
#include "review/record.h"
#include "review/store.h"

namespace agentbox::container {

struct ReviewView {
  review::Record record;
  std::uint64_t size = 0;   // bytes on disk of the layers
  std::int64_t age = 0;     // seconds since they began
  bool is_running = false;  // the sandbox may still write to them
};

// The directory above the caller's reviews, which have all of their layers, unless a command is at
// work on them.
Result<std::string> ReviewBase(const Runtime& runtime);

// The records below `base`, oldest first; a warning in the log for each that is damaged.
Result<std::vector<review::Record>> ReviewRecords(const Runtime& runtime, const std::string& base);

// Oldest first.
Result<std::vector<ReviewView>> ListReviews(const Runtime& runtime);

// Whether the sandbox that writes to the review's layers is there and has not ended.
Result<bool> IsRunning(const review::Record& record);

// Ends what an apply of the review that was killed has left in the middle of a step, in whatever
// tree; a warning in the log for each that is lost, with what it may have left where. In a tree
// that is not by `trees` nothing is ended, as in one that is gone.
Result<void> EndInterrupted(const Runtime& runtime,
                            const review::Review& review,
                            review::TreeRule trees = review::TreeRule::kShown);

// Removes the review, an empty name being that of the working directory: its name. kRefused while
// its sandbox runs. By its name one goes that is damaged, too.
Result<std::string> Discard(const Runtime& runtime, const std::string& name);

// All whose sandbox has ended and that are not damaged; a warning in the log for each other.
Result<std::vector<std::string>> DiscardAll(const Runtime& runtime);

// Fails: why the review's layers can not begin anew, and what can be done.
Result<void> Reset(const Runtime& runtime, const std::string& name);

// Removes what is left of reviews that were being made or removed, and reviews without changes
// whose sandbox is gone. A warning in the log for each that is damaged.
Result<review::Swept> CollectReviews(const Runtime& runtime);

}  // namespace agentbox::container
