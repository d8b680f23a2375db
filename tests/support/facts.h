// What the guest finds when it compares the world with config.json (tests/guest/check.cc).
#pragma once

#include <string>
#include <vector>

#include "support/bundle.h"

namespace agentbox::test {

// Runs `guest check` as the container's process: nothing may be wrong, and each of `facts` must
// have been looked at ("process.umask").
void CheckFacts(Bundle& bundle, const std::vector<std::string>& facts);

// This process's namespace: "pid:[4026531836]".
std::string NamespaceOf(const std::string& type, pid_t pid = 0);

}  // namespace agentbox::test
