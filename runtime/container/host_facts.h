// Gathers what planning may know about the host.
#pragma once

#include <string_view>
#include <vector>

#include "abi/ids.h"
#include "base/error.h"
#include "plan/host_facts.h"

namespace agentbox::container {

// On the path of every start: some twenty system calls, none of which waits.
Result<plan::HostFacts> GatherHostFacts();

// The lines of a uid_map or gid_map file. kInternal for text that the kernel does not write.
Result<std::vector<abi::IdMapping>> ReadIdMap(std::string_view text);

}  // namespace agentbox::container
