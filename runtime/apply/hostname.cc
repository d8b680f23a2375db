#include "apply/hostname.h"

#include "base/strings.h"
#include "kernel/hostname.h"

namespace agentbox::apply {

Result<void> Hostname(const std::string& hostname, const std::string& domainname) {
  if (!hostname.empty()) {
    TRY_WITHIN(kernel::SetHostname(hostname), "hostname (" + Quoted(hostname) + ")");
  }
  if (!domainname.empty()) {
    TRY_WITHIN(kernel::SetDomainname(domainname), "domainname (" + Quoted(domainname) + ")");
  }
  return {};
}

}  // namespace agentbox::apply
