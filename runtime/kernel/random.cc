#include "kernel/random.h"

#include <sys/random.h>

namespace agentbox::kernel {

Result<std::uint64_t> RandomNumber() {
  std::uint64_t number = 0;
  // No signal interrupts a read of so few bytes, nor are there fewer (getrandom(2)).
  if (::getrandom(&number, sizeof(number), 0) < 0) {
    return Fail(Error::FromErrno().Within("getrandom(2)"));
  }
  return number;
}

}  // namespace agentbox::kernel
