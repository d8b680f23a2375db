#include "support/namespaces.h"

#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace agentbox::test {

HeldNamespaces::HeldNamespaces(int flags) {
  std::array<int, 2> ready = {-1, -1};
  if (::pipe(ready.data()) < 0) throw std::runtime_error("pipe(2)");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char result = ::unshare(flags) == 0 ? '+' : '-';
    (void)!::write(ready[1], &result, 1);
    for (;;) {
      ::pause();
    }
  }
  Own(pid_);
  ::close(ready[1]);
  char result = '-';
  const auto size = ::read(ready[0], &result, 1);
  ::close(ready[0]);
  if (size != 1 || result != '+') throw std::runtime_error("unshare(2)");
}

HeldNamespaces::~HeldNamespaces() {
  ::kill(pid_, SIGKILL);
  Reap(pid_);
}

std::string HeldNamespaces::Path(const std::string& type) const {
  return "/proc/" + std::to_string(pid_) + "/ns/" + type;
}

}  // namespace agentbox::test
