#include "support/environment.h"

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

}  // namespace agentbox::test
