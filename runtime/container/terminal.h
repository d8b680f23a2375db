// What stands between the user and a container that runs in the foreground (`run`, `exec`, `do`):
// signals, and the terminal where it has one.
#pragma once

#include <csignal>
#include <optional>

#include "base/error.h"
#include "base/unique_fd.h"
#include "kernel/process.h"
#include "spec/config.h"

namespace agentbox::container {

// Signals are held back from here on, so that none is lost between the making of the process and
// Foreground: construct it before the clone. Init resets its own mask (kernel::ResetSignals). The
// old mask comes back with the destructor.
class HeldSignals {
 public:
  static Result<HeldSignals> Hold();
  HeldSignals(HeldSignals&& other) noexcept = default;
  HeldSignals& operator=(HeldSignals&&) = delete;
  ~HeldSignals();

  const UniqueFd& Pending() const { return pending_; }  // signalfd(2)

 private:
  HeldSignals(UniqueFd pending, const sigset_t& before)
      : pending_(std::move(pending)), before_(before) {}

  UniqueFd pending_;
  sigset_t before_;
};

// The caller's: of the first of the three streams that is a terminal.
std::optional<spec::ConsoleSize> TerminalSize();

// The master that SendConsole (apply/console.h) put into the other end of a socketpair(2).
Result<UniqueFd> ReceiveConsole(int socket);

// Waits for `process`, a child of the caller, to end, and reaps it; how it ended.
//
// Meanwhile signals that the caller gets are passed on, except SIGCHLD, SIGPIPE and SIGWINCH.
// SIGTSTP stops the caller too, as a shell expects of its job. With `master` (else empty) also:
//  - standard input goes to the container's terminal, the terminal's output to standard output, all
//  of
//    it, also what was written just before the end;
//  - where standard input is a terminal it is in raw mode, so that Ctrl-C is a byte for the
//  container's
//    line discipline and not a signal for the caller, and the container's terminal is of its size,
//    whenever that changes;
//  - while the caller is stopped or in the background the user's terminal is in its own mode, and
//    nothing is read from it;
//  - at the end of a standard input that is no terminal the container's terminal gets its
//  end-of-file
//    character.
// `terminal_streams` (plan::ProcessPlan) says which of the process's streams are its terminal:
// without the first standard input is not read, and the output goes to the first of 1, 2 and 0.
Result<kernel::ExitStatus> Foreground(const UniqueFd& process,
                                      const HeldSignals& signals,
                                      const UniqueFd& master,
                                      unsigned terminal_streams = 0b111);

}  // namespace agentbox::container
