// What meson tells the tests.
#pragma once

#include <string>

namespace agentbox::test {

// The variable `name`; an exception says that meson sets it.
std::string Environment(const char* name);

// Whether this kernel's version is that or a later one.
bool IsKernelAtLeast(int major, int minor);

// The binary under test: $AGENTBOX.
inline std::string AgentboxPath() {
  return Environment("AGENTBOX");
}

}  // namespace agentbox::test
