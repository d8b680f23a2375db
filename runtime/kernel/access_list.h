// Access control lists (acl(5)) as extended attributes have them (linux/posix_acl_xattr.h).
#pragma once

#include <string>
#include <string_view>

#include "abi/ids.h"

namespace agentbox::kernel {

// Whether the extended attribute of that name is one: of a file, or a directory's for new files.
bool IsAccessList(std::string_view xattr);

// `acl` with the ids of `maps`' host for those of its container, and the other way round. What is
// no whole list stays as it is.
std::string WithHostIds(std::string acl, const abi::IdMaps& maps);
std::string WithContainerIds(std::string acl, const abi::IdMaps& maps);

}  // namespace agentbox::kernel
