// Names of the caller's UTS namespace (uts_namespaces(7)).
#pragma once

#include <string>

#include "base/error.h"

namespace agentbox::kernel {

// EINVAL: longer than 64 bytes.
Result<void> SetHostname(const std::string& name);    // sethostname(2)
Result<void> SetDomainname(const std::string& name);  // setdomainname(2)

}  // namespace agentbox::kernel
