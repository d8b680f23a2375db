// A process beside one that runs a sandbox in the foreground: should that be killed, it removes
// what is left of the sandbox.
#pragma once

#include <string>

#include "base/error.h"
#include "base/unique_fd.h"
#include "container/container.h"
#include "kernel/process.h"

namespace agentbox::container {

class Aftercare {
 public:
  // Begins to watch over the container `id` of the runtime, to be made after this, and over `file`
  // (empty: none), which is there for it.
  static Result<Aftercare> Begin(const Runtime& runtime,
                                 const std::string& id,
                                 const std::string& file);

  Aftercare(Aftercare&&) = default;
  Aftercare& operator=(Aftercare&&) = delete;
  // The container is removed, or was never made: nothing to do.
  ~Aftercare();

 private:
  Aftercare(kernel::Child child, UniqueFd words)
      : child_(std::move(child)), words_(std::move(words)) {}

  kernel::Child child_;
  UniqueFd words_;  // a pipe to it
};

}  // namespace agentbox::container
