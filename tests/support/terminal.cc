#include "support/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace agentbox::test {
namespace {

using Clock = std::chrono::steady_clock;

int MillisecondsTo(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

}  // namespace

Terminal::Terminal(const std::vector<std::string>& args, const TerminalOptions& options) {
  struct winsize size = {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  int master = -1;
  pid_ = ::forkpty(&master, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error("forkpty(3)");
  if (pid_ == 0) {
    int output = STDOUT_FILENO;
    if (!options.output_file.empty()) {
      output = ::open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    }
    ExecProgram(args, options.command, {STDIN_FILENO, output, STDERR_FILENO});
  }
  Own(pid_);
  master_.Reset(master);
  ::fcntl(master, F_SETFD, FD_CLOEXEC);
}

Terminal::~Terminal() {
  if (is_reaped_) return;
  ::kill(pid_, SIGKILL);
  Reap(pid_);
}

void Terminal::Type(std::string_view text) const {
  if (::write(master_.Get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("write(2) to the terminal");
  }
}

void Terminal::Resize(unsigned short rows, unsigned short columns) const {
  const struct winsize size = {.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(master_.Get(), TIOCSWINSZ, &size);
}

bool Terminal::Read(Clock::time_point end) {
  struct pollfd wanted = {master_.Get(), POLLIN, 0};
  if (::poll(&wanted, 1, MillisecondsTo(end)) <= 0) return false;
  std::array<char, 4096> buffer;
  const auto size = ::read(master_.Get(), buffer.data(), buffer.size());
  // EIO: the other end is closed.
  if (size <= 0) return false;
  screen_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

bool Terminal::Expect(std::string_view text, std::chrono::milliseconds deadline) {
  const auto end = Clock::now() + deadline;
  for (;;) {
    const auto found = screen_.find(text, seen_);
    if (found != std::string::npos) {
      seen_ = found + text.size();
      return true;
    }
    if (!Read(end)) return false;
  }
}

int Terminal::Wait(std::chrono::milliseconds deadline) {
  const auto end = Clock::now() + deadline;
  while (Read(end)) {
  }
  if (!HasEnded(OpenPidfd(pid_), std::chrono::milliseconds(MillisecondsTo(end)))) return -1;
  is_reaped_ = true;
  return Reap(pid_);
}

}  // namespace agentbox::test
