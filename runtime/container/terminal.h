// What stands between the user and a container that runs in the foreground (`run`, `exec`, `do`):
// signals, and the terminal where it has one.
#pragma once

#include "base/error.h"
#include "base/unique_fd.h"
#include "kernel/process.h"

namespace agentbox::container {

// Signals are held back from here on, so that none is lost between the making of the process and
// Foreground: construct it before the clone. Init resets its own mask (kernel::ResetSignals). The
// old mask comes back with the destructor.
class HeldSignals {
 public:
  static Result<HeldSignals> Hold();
  HeldSignals(HeldSignals&& other) noexcept;
  HeldSignals& operator=(HeldSignals&&) = delete;
  ~HeldSignals();

  int Get() const { return signals_.Get(); }  // signalfd(2)

 private:
  explicit HeldSignals(UniqueFd signals) : signals_(std::move(signals)) {}

  UniqueFd signals_;
};

// The master that init's SendConsole put into the other end of a socketpair(2).
Result<UniqueFd> ReceiveConsole(int socket);

// Waits for `process`, a child of the caller, to end, and reaps it; how it ended.
//
// Meanwhile signals that the caller gets are passed on (not SIGCHLD, SIGWINCH of a terminal and
// those of job control, see below). With `master` (else empty) also:
//  - standard input goes to the terminal and the terminal's output to standard output, until it is
//    drained after the process's end;
//  - where standard input is a terminal it is in raw mode, with the container's terminal at its
//  size;
//    so Ctrl-C is a byte for the container's line discipline, not a signal for the caller;
//  - stopped and continued (SIGTSTP, SIGCONT from outside), the user's terminal gets its own mode
//  back
//    for the time; in the background, nothing is read until it is in the foreground again;
//  - at the end of standard input that is no terminal the container's terminal gets an end of file
//    (its VEOF character).
Result<kernel::ExitStatus> Foreground(const UniqueFd& process,
                                      const HeldSignals& signals,
                                      const UniqueFd& master);

}  // namespace agentbox::container
