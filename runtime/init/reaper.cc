#include "init/reaper.h"

#include <unistd.h>

#include <csignal>

#include "kernel/signals.h"

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
  for (;;) {
    const auto signal = kernel::AwaitSignal();
    if (!signal) continue;
    if (*signal == SIGCHLD) {
      ReapAll(child.pid);
    } else {
      const auto sent = kernel::SendSignal(child.pidfd, *signal);
      static_cast<void>(sent);
    }
  }
}

}  // namespace agentbox::init
