// linux.sysctl: which may be set, and by whom. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "plan/namespaces.h"
#include "spec/config.h"

namespace agentbox::plan {

struct SysctlStep {
  std::string origin;  // "linux.sysctl.net.ipv4.ip_forward"
  std::string path;    // below /proc/sys: "net/ipv4/ip_forward"
  std::string value;
  std::uint64_t owner = 0;  // the kind of namespace that has it: CLONE_NEWNET, CLONE_NEWIPC, ...
};

// kInvalidSpec for a name that is not namespaced, or whose namespace is the host's, or with '+',
// ".." or a control character in the name or value (CVE-2022-0811).
Result<std::vector<SysctlStep>> PlanSysctl(const spec::Config& config,
                                           const NamespacesPlan& namespaces);

std::string ToString(const SysctlStep& step);

}  // namespace agentbox::plan
