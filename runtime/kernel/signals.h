// Which signals reach the caller, and reading those that are held back: signalfd(2).
#pragma once

#include <csignal>
#include <optional>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// Every signal at its default disposition, and none blocked: what a process is to begin with,
// however the runtime's own invoker had them.
Result<void> ResetSignals();

// Every signal that can be is held back; the mask as it was.
Result<sigset_t> BlockSignals();
// Sets the mask; also in a destructor, so an error, of which there is none, is not reported.
void SetSignalMask(const sigset_t& mask);

// The signals that are blocked, to be read; non-blocking.
Result<UniqueFd> OpenBlockedSignals();
// The next pending one, if there is one.
Result<std::optional<int>> ReadSignal(const UniqueFd& signals);

// Waits for a signal, all of which are held back, and takes it (sigwaitinfo(2)).
Result<int> AwaitSignal();

// A handler that may run at any time, and may do next to nothing (signal-safety(7)).
Result<void> HandleSignal(int signal, void (*handler)(int));

// Stops the caller, as SIGSTOP from outside would, until it is continued.
void StopSelf();

// To every process of the group that `leader` leads; ESRCH: it leads none.
Result<void> SignalGroup(pid_t leader, int signal);

}  // namespace agentbox::kernel
