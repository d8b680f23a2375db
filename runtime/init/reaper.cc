#include "init/reaper.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace agentbox::init {
namespace {

// Reaps all that has ended; ends this process if `child` is among it.
void ReapEnded(pid_t child) {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    if (pid != child) continue;
    ::_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
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
      ReapEnded(child.pid);
    } else if (number > 0) {
      const auto sent = kernel::SendSignal(child.pidfd, number);
      static_cast<void>(sent);
    }
  }
}

}  // namespace agentbox::init
