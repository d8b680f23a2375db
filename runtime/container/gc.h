// What crashed or killed commands have left behind.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "container/container.h"

namespace agentbox::container {

// Removes containers of the runtime's root that are half-made and that no command works on, scratch
// directories of the root's containers that are gone, half-made templates, reviews of no change,
// and records of id ranges whose container is gone, of any root. A line on each thing that was
// removed; what can not be is a warning in the log.
Result<std::vector<std::string>> CollectGarbage(const Runtime& runtime);

}  // namespace agentbox::container
