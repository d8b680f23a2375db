#include "init/reaper.h"

#include <unistd.h>

#include <csignal>

namespace agentbox::init {
namespace {

// Reaps all that has ended; ends this process if `child` is among it.
void ReapAll(pid_t child) {
  while (const auto ended = kernel::ReapEnded()) {
    if (ended->pid == child) ::_exit(ended->status.ShellCode());
  }
}

}  // namespace

void Reap(const kernel::Child& child) {
  sigset_t all = {};
  ::sigfillset(&all);
  for (;;) {
    siginfo_t info = {};
    const int number = ::sigwaitinfo(&all, &info);
    if (number == SIGCHLD) {
      ReapAll(child.pid);
    } else if (number > 0) {
      const auto sent = kernel::SendSignal(child.pidfd, number);
      static_cast<void>(sent);
    }
  }
}

}  // namespace agentbox::init
