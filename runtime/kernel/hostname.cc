#include "kernel/hostname.h"

#include <unistd.h>

namespace agentbox::kernel {

Result<void> SetHostname(const std::string& name) {
  if (::sethostname(name.data(), name.size()) < 0) {
    return Fail(Error::FromErrno().Within("sethostname(2)"));
  }
  return {};
}

Result<void> SetDomainname(const std::string& name) {
  if (::setdomainname(name.data(), name.size()) < 0) {
    return Fail(Error::FromErrno().Within("setdomainname(2)"));
  }
  return {};
}

}  // namespace agentbox::kernel
