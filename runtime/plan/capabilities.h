// process.capabilities: names to sets, and what of them the kernel would not take. Pure.
#pragma once

#include <string>
#include <vector>

#include "plan/host_facts.h"
#include "plan/process.h"
#include "spec/config.h"

namespace agentbox::plan {

// What can not be had is left out with a warning that names the entry (`path`[...]): names that are
// no capability or that the host's kernel does not know (config.md: not an error), effective ones
// that are not permitted, inheritable ones outside the bounding set, ambient ones that are not both
// permitted and inheritable. Absent sets are empty: an inheritable capability that nobody asked for
// is CVE-2022-29162.
CapabilitySets PlanCapabilities(const spec::Capabilities& capabilities,
                                const HostFacts& facts,
                                const std::string& path,
                                std::vector<std::string>& warnings);

// "CAP_CHOWN CAP_KILL"; "none" for an empty set.
std::string NamesOf(std::uint64_t set);

}  // namespace agentbox::plan
