#include "container/terminal.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "kernel/file.h"
#include "kernel/poll.h"
#include "kernel/signals.h"
#include "kernel/socket.h"
#include "kernel/spawn.h"
#include "kernel/tty.h"

namespace agentbox::container {
namespace {

// What a terminal holds at most when its process ends (64 KiB, at 4 KiB a read), and as much again:
// a process of `exec` may leave others behind that write to it for ever.
constexpr int kDrainReads = 32;

// The terminal that the user sits at, if standard input is one.
class UserTerminal {
 public:
  UserTerminal() : is_terminal_(kernel::IsTerminal(STDIN_FILENO)) {}
  ~UserTerminal() { Leave(); }
  UserTerminal(const UserTerminal&) = delete;
  UserTerminal& operator=(const UserTerminal&) = delete;

  bool IsTerminal() const { return is_terminal_; }

  // In the background the terminal is another job's: its mode is not ours to change.
  bool IsOurs() const { return !is_terminal_ || kernel::IsInForeground(STDIN_FILENO); }

  void Enter() {
    if (!is_terminal_ || mode_ || !IsOurs()) return;
    auto mode = kernel::ReadTerminalMode(STDIN_FILENO);
    if (mode && kernel::SetTerminalMode(STDIN_FILENO, kernel::RawMode(*mode))) mode_ = *mode;
  }

  void Leave() {
    // Best effort: the terminal may be gone.
    if (mode_ && IsOurs()) (void)kernel::SetTerminalMode(STDIN_FILENO, *mode_);
    mode_.reset();
  }

 private:
  bool is_terminal_;
  std::optional<struct termios> mode_;  // as it was, while it is in raw mode
};

void CopySize(const UniqueFd& master) {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (const auto size = kernel::ReadWindowSize(standard)) {
      (void)kernel::SetWindowSize(master.Get(), *size);
      return;
    }
  }
}

// The bytes between the user's standard streams and the container's terminal.
class Relay {
 public:
  // `slave` is kept open: without any open slave reading the master is an error, though the
  // container's process may open its terminal again.
  static Result<Relay> Make(const UniqueFd& master, unsigned streams) {
    TRY(kernel::SetNonBlocking(master.Get()));
    UniqueFd slave = TRY(kernel::OpenPeer(master.Get()));
    CopySize(master);
    return Relay(master, std::move(slave), streams);
  }

  const UniqueFd& Master() const { return master_; }

  // What the master is to be waited for.
  short MasterEvents() const {
    return static_cast<short>(POLLIN | (pending_.empty() ? 0 : POLLOUT));
  }

  // Not before what was read is written: a container that does not read must not make us hoard.
  bool WantsInput() const { return !input_ended_ && pending_.empty(); }

  void ReadInput(bool is_terminal) {
    const auto data = kernel::ReadSome(STDIN_FILENO);
    // An error, EIO, is that of a terminal which is gone.
    const bool ended = !data || !*data;
    if (ended) {
      input_ended_ = true;
      if (!is_terminal) EndInput();
    } else if (!(*data)->empty()) {
      pending_ = **data;
      line_open_ = pending_.back() != '\n';
    }
    WritePending();
  }

  void WritePending() {
    if (pending_.empty()) return;
    const auto size = kernel::WriteSome(master_.Get(), pending_);
    if (size) pending_.erase(0, *size);
  }

  // Whether there was anything.
  bool CopyOutput() {
    const auto data = kernel::ReadSome(master_.Get());
    if (!data || !*data || (*data)->empty()) return false;
    // A standard output that nobody reads any more: the container is not stopped by it.
    (void)kernel::WriteAll(output_, **data);
    return true;
  }

 private:
  Relay(const UniqueFd& master, UniqueFd slave, unsigned streams)
      : master_(master),
        slave_(std::move(slave)),
        output_(OutputOf(streams)),
        input_ended_((streams & (1U << STDIN_FILENO)) == 0) {}

  // Where the user's terminal is to be found: standard output or error, or a standard input that
  // was opened for both.
  static int OutputOf(unsigned streams) {
    for (const int standard : {STDOUT_FILENO, STDERR_FILENO}) {
      if ((streams & (1U << standard)) != 0) return standard;
    }
    return STDIN_FILENO;
  }

  // The character ends the line it is on; at the beginning of one it is the end of file
  // (termios(3)).
  void EndInput() {
    const auto mode = kernel::ReadTerminalMode(master_.Get());
    if (!mode || (mode->c_lflag & static_cast<tcflag_t>(ICANON)) == 0) return;
    pending_.assign(line_open_ ? 2 : 1, static_cast<char>(mode->c_cc[VEOF]));
  }

  const UniqueFd& master_;
  UniqueFd slave_;
  int output_;
  std::string pending_;  // read from standard input, to be written to the master
  bool input_ended_;
  bool line_open_ = false;
};

class Job {
 public:
  Job(const UniqueFd& process, const HeldSignals& signals, Relay* relay)
      : process_(process), signals_(signals), relay_(relay) {
    if (relay_ != nullptr) terminal_.Enter();
  }

  Result<void> WaitForEnd() {
    for (;;) {
      std::array<struct pollfd, 4> waits = {{
          {.fd = process_.Get(), .events = POLLIN},
          {.fd = signals_.Pending().Get(), .events = POLLIN},
          {.fd = -1},
          {.fd = -1},
      }};
      if (relay_ != nullptr) {
        waits[2] = {.fd = relay_->Master().Get(), .events = relay_->MasterEvents()};
        const bool reads = relay_->WantsInput() && terminal_.IsOurs() && !is_background_;
        if (reads) waits[3] = {.fd = STDIN_FILENO, .events = POLLIN};
      }
      TRY(kernel::Poll(waits.data(), waits.size()));
      if (waits[1].revents != 0) TRY(TakeSignals());
      if (relay_ != nullptr) Move(waits[2].revents, waits[3].revents);
      if (waits[0].revents != 0) return {};
    }
  }

 private:
  void Move(short master, short input) {
    if ((master & POLLOUT) != 0) relay_->WritePending();
    if ((master & ~POLLOUT) != 0) relay_->CopyOutput();
    if (input == 0) return;
    // The input of a background job is the foreground's, until SIGCONT says that we are that.
    is_background_ = !terminal_.IsOurs();
    if (!is_background_) relay_->ReadInput(terminal_.IsTerminal());
  }

  Result<void> TakeSignals() {
    while (const auto signal = TRY(kernel::ReadSignal(signals_.Pending())))
      TRY(Take(*signal));
    return {};
  }

  Result<void> Take(int signal) {
    switch (signal) {
      case SIGCHLD:
      case SIGPIPE:
        return {};
      case SIGWINCH:
        if (relay_ != nullptr) CopySize(relay_->Master());
        return {};
      case SIGTTIN:
      case SIGTTOU:
        return Stop();
      case SIGTSTP:
        TRY(PassOn(signal));
        return Stop();
      case SIGCONT:
        Continue();
        return PassOn(signal);
      default:
        return PassOn(signal);
    }
  }

  Result<void> PassOn(int signal) {
    auto sent = kernel::SendSignal(process_, signal);
    if (!sent && sent.error().Errno() == ESRCH) return {};  // it has ended, which is seen next
    return sent;
  }

  Result<void> Stop() {
    terminal_.Leave();
    kernel::StopSelf();
    return {};  // SIGCONT, which is pending now, does the rest
  }

  void Continue() {
    is_background_ = false;
    if (relay_ == nullptr) return;
    terminal_.Enter();
    CopySize(relay_->Master());
  }

  const UniqueFd& process_;
  const HeldSignals& signals_;
  Relay* relay_;
  UserTerminal terminal_;
  bool is_background_ = false;
};

}  // namespace

Result<HeldSignals> HeldSignals::Hold() {
  const sigset_t before = TRY(kernel::BlockSignals());
  auto pending = kernel::OpenBlockedSignals();
  if (!pending) {
    kernel::SetSignalMask(before);
    return Fail(std::move(pending).error());
  }
  return HeldSignals(*std::move(pending), before);
}

HeldSignals::~HeldSignals() {
  if (pending_) kernel::SetSignalMask(before_);
}

std::optional<spec::ConsoleSize> TerminalSize() {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const auto size = kernel::ReadWindowSize(standard);
    if (size) return spec::ConsoleSize{.height = size->rows, .width = size->columns};
  }
  return std::nullopt;
}

Result<UniqueFd> ReceiveConsole(int socket) {
  kernel::Packet packet = TRY_WITHIN(kernel::ReceivePacket(socket), "console");
  if (packet.fds.size() != 1) {
    return Fail(Error(ErrorKind::kInternal, "the container's terminal did not arrive"));
  }
  return std::move(packet.fds.front());
}

Result<kernel::ExitStatus> Foreground(const UniqueFd& process,
                                      const HeldSignals& signals,
                                      const UniqueFd& master,
                                      unsigned terminal_streams) {
  std::optional<Relay> relay;
  if (master) relay.emplace(TRY(Relay::Make(master, terminal_streams)));
  {
    Job job(process, signals, relay ? &*relay : nullptr);
    TRY(job.WaitForEnd());
    for (int reads = 0; relay && reads < kDrainReads && relay->CopyOutput(); ++reads) {
    }
  }
  return kernel::Wait(process);
}

}  // namespace agentbox::container
