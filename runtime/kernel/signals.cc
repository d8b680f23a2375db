#include "kernel/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace agentbox::kernel {
namespace {

sigset_t All() {
  sigset_t signals;
  ::sigfillset(&signals);
  return signals;
}

}  // namespace

Result<void> ResetSignals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    // EINVAL: SIGKILL, SIGSTOP, and the two that libc keeps to itself.
    if (::sigaction(signal, &action, nullptr) < 0 && errno != EINVAL) {
      return Fail(Error::FromErrno().Within("sigaction(2) of " + std::to_string(signal)));
    }
  }
  sigset_t none;
  ::sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) < 0) {
    return Fail(Error::FromErrno().Within("sigprocmask(2)"));
  }
  return {};
}

Result<sigset_t> BlockSignals() {
  const sigset_t signals = All();
  sigset_t before;
  if (::sigprocmask(SIG_SETMASK, &signals, &before) < 0) {
    return Fail(Error::FromErrno().Within("sigprocmask(2)"));
  }
  return before;
}

void SetSignalMask(const sigset_t& mask) {
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
}

Result<UniqueFd> OpenBlockedSignals() {
  const sigset_t signals = All();
  UniqueFd fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return Fail(Error::FromErrno().Within("signalfd(2)"));
  return fd;
}

Result<std::optional<int>> ReadSignal(const UniqueFd& signals) {
  struct signalfd_siginfo info = {};
  if (::read(signals.Get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    return std::optional(static_cast<int>(info.ssi_signo));
  }
  if (errno == EAGAIN) return std::optional<int>();
  return Fail(Error::FromErrno().Within("read(2) of a signalfd"));
}

Result<int> AwaitSignal() {
  const sigset_t signals = All();
  const int signal = ::sigwaitinfo(&signals, nullptr);
  if (signal < 0) return Fail(Error::FromErrno().Within("sigwaitinfo(2)"));
  return signal;
}

Result<void> HandleSignal(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  if (::sigaction(signal, &action, nullptr) < 0) {
    return Fail(Error::FromErrno().Within("sigaction(2) of " + std::to_string(signal)));
  }
  return {};
}

void StopSelf() {
  ::raise(SIGSTOP);
}

Result<void> SignalGroup(pid_t leader, int signal) {
  if (::kill(-leader, signal) < 0) return Fail(Error::FromErrno().Within("kill(2)"));
  return {};
}

}  // namespace agentbox::kernel
