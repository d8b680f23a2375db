// What crashed or killed commands have left behind.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "container/container.h"

namespace agentbox::container {

struct Collected {
  std::vector<std::string> removed;  // a line on each thing
  bool is_complete = true;           // else the log says what could not be looked after
};

// Removes containers of the runtime's root that are half-made and that no command works on, scratch
// directories of the root's containers that are gone, half-made templates, reviews of no change,
// and records of id ranges whose container is gone, of any root. What can
// not be removed does not stop the rest.
Result<Collected> CollectGarbage(const Runtime& runtime);

}  // namespace agentbox::container
