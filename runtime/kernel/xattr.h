// Extended attributes (xattr(7)) of files that may be open with O_PATH, symlinks among them: by
// /proc/self/fd, since the calls on descriptors take no such ones (fgetxattr(2): EBADF).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace agentbox::kernel {

// Names in no order; none where the file system has no attributes.
Result<std::vector<std::string>> ListXattrs(int file);

// Nothing where there is none of that name.
Result<std::optional<std::string>> ReadXattr(int file, const std::string& name);

}  // namespace agentbox::kernel
