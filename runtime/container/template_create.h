// How templates come about: from a setup command, or from a container that has ended.
#pragma once

#include <string>

#include "base/error.h"
#include "container/container.h"
#include "container/do.h"

namespace agentbox::container {

// Runs `setup` with sh(1) as `do` would run it with `options`, and freezes what it wrote to the
// root file system as the template `name`. kWrongState, and no template, if it does not exit with
// 0.
Result<void> CreateTemplateByRun(const Runtime& runtime,
                                 const std::string& name,
                                 const std::string& setup,
                                 DoOptions options);

// Freezes the throwaway layer of the container `source`, which has ended and then has none any
// more, or where there is no such container the layers of the review of that name.
Result<void> CreateTemplateFrom(const Runtime& runtime,
                                const std::string& name,
                                const std::string& source);

}  // namespace agentbox::container
