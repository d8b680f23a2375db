// A user namespace whose maps are all that is wanted of it: for mounts with a mapping of their own.
#pragma once

#include "abi/ids.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

// The namespace as MOUNT_ATTR_IDMAP wants it; it lives as long as the fd and the mounts.
Result<UniqueFd> MakeMappingNamespace(const abi::IdMaps& maps);

}  // namespace agentbox::apply
