// hostname and domainname. Zone: init, in its own UTS namespace.
#pragma once

#include <string>

#include "base/error.h"

namespace agentbox::apply {

// Empty names are left as they are.
Result<void> Hostname(const std::string& hostname, const std::string& domainname);

}  // namespace agentbox::apply
