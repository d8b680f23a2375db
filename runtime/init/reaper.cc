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

// What a terminal sends to a whole job comes from one, which saw it first, and is meant for the job
// here as well; where the child leads none, and anything else, is for the child.
void PassOn(const kernel::Child& child, int number) {
  const bool is_for_jobs = number == SIGINT || number == SIGQUIT || number == SIGHUP;
  if (is_for_jobs && kernel::SignalGroup(child.pid, number)) return;
  const auto sent = kernel::SendSignal(child.pidfd, number);
  static_cast<void>(sent);
}

}  // namespace

void Reap(const kernel::Child& child) {
  for (;;) {
    const auto signal = kernel::AwaitSignal();
    if (!signal) continue;
    if (*signal == SIGCHLD) {
      ReapAll(child.pid);
    } else {
      PassOn(child, *signal);
    }
  }
}

}  // namespace agentbox::init
