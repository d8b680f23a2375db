// Removing whole trees: unlinkat(2).
#pragma once

#include <string>

#include "base/error.h"

namespace agentbox::kernel {

// Removes `name` in `directory` and all below it, by fds: a symlink is removed, not followed, and
// another file system mounted below is not entered (EBUSY then). However deep it is. No error if it
// is not there.
Result<void> RemoveTree(int directory, const std::string& name);

}  // namespace agentbox::kernel
