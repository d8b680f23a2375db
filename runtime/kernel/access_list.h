// Access control lists (acl(5)) as extended attributes have them (linux/posix_acl_xattr.h).
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "abi/ids.h"

namespace agentbox::kernel {

// The extended attribute that has a file's.
inline constexpr const char* kAccessList = "system.posix_acl_access";

// Whether the extended attribute of that name is one: of a file, or a directory's for new files.
bool IsAccessList(std::string_view xattr);

// `acl` with the ids of `maps`' host for those of its container, and the other way round. What is
// no whole list stays as it is.
std::string WithHostIds(std::string acl, const abi::IdMaps& maps);
std::string WithContainerIds(std::string acl, const abi::IdMaps& maps);

// `mode`, of a file that has the list `acl`, as it is to be without: its bits of the group are the
// most that anyone named in the list has (acl(5), CORRESPONDENCE), here those of the group itself.
mode_t ModeWithout(const std::string& acl, mode_t mode);

}  // namespace agentbox::kernel
