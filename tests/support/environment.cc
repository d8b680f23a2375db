#include "support/environment.h"

#include <sys/utsname.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace agentbox::test {

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) {
    throw std::runtime_error(std::string(name) + " is not set: run by meson test --suite e2e");
  }
  return value;
}

bool IsKernelAtLeast(int major, int minor) {
  struct utsname kernel = {};
  ::uname(&kernel);
  int own_major = 0;
  int own_minor = 0;
  std::sscanf(kernel.release, "%d.%d", &own_major, &own_minor);
  return own_major > major || (own_major == major && own_minor >= minor);
}

}  // namespace agentbox::test
