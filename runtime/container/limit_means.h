// What this host has to limit throwaway layers by.
#pragma once

#include <string>

#include "plan/host_facts.h"
#include "plan/scratch.h"
#include "policy/policy.h"

namespace agentbox::container {

// For the scratch directory `directory`, there or not; looks only for what the policy can make use
// of. On the path of every start: one system call for each directory that is missing, and two.
plan::LimitMeans FindLimitMeans(const policy::Policy& policy,
                                const plan::HostFacts& facts,
                                const std::string& directory);

// Whether loop devices and mke2fs(8) are there.
bool HasImages();

// The existing directory that `path` is or will be below.
std::string ExistingPart(std::string path);

}  // namespace agentbox::container
