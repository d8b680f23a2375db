#include "kernel/tty.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace agentbox::kernel {

Result<unsigned> TerminalNumber(int master) {
  unsigned number = 0;
  if (::ioctl(master, TIOCGPTN, &number) < 0) {
    return Fail(Error::FromErrno().Within("ioctl(2) TIOCGPTN"));
  }
  return number;
}

Result<void> UnlockTerminal(int master) {
  const int locked = 0;
  if (::ioctl(master, TIOCSPTLCK, &locked) < 0) {
    return Fail(Error::FromErrno().Within("ioctl(2) TIOCSPTLCK"));
  }
  return {};
}

Result<UniqueFd> OpenPeer(int master) {
  UniqueFd slave(::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) return Fail(Error::FromErrno().Within("ioctl(2) TIOCGPTPEER"));
  return slave;
}

Result<WindowSize> ReadWindowSize(int terminal) {
  struct winsize size = {};
  if (::ioctl(terminal, TIOCGWINSZ, &size) < 0) {
    return Fail(Error::FromErrno().Within("ioctl(2) TIOCGWINSZ"));
  }
  return WindowSize{.rows = size.ws_row, .columns = size.ws_col};
}

Result<void> SetWindowSize(int terminal, const WindowSize& size) {
  const struct winsize value = {.ws_row = size.rows, .ws_col = size.columns};
  if (::ioctl(terminal, TIOCSWINSZ, &value) < 0) {
    return Fail(Error::FromErrno().Within("ioctl(2) TIOCSWINSZ"));
  }
  return {};
}

void NewSession() {
  ::setsid();
}

Result<void> StartSession(int terminal) {
  NewSession();
  if (::ioctl(terminal, TIOCSCTTY, 0) < 0) {
    return Fail(Error::FromErrno().Within("ioctl(2) TIOCSCTTY"));
  }
  return {};
}

Result<void> UseAsStandard(int terminal, unsigned streams) {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const bool is_wanted = (streams & (1U << standard)) != 0;
    if (is_wanted && ::dup2(terminal, standard) < 0)
      return Fail(Error::FromErrno().Within("dup2(2)"));
  }
  return {};
}

bool IsTerminal(int fd) {
  return ::isatty(fd) == 1;
}

Result<std::string> ReadLine(int terminal) {
  std::string line;
  while (!line.ends_with('\n')) {
    // One byte at a time: what follows the line is somebody else's.
    char c = 0;
    const auto size = ::read(terminal, &c, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fail(Error::FromErrno().Within("read(2)"));
    if (size == 0) break;
    line += c;
  }
  return line;
}

bool IsInForeground(int terminal) {
  return ::tcgetpgrp(terminal) == ::getpgrp();
}

Result<struct termios> ReadTerminalMode(int terminal) {
  struct termios mode = {};
  if (::tcgetattr(terminal, &mode) < 0) return Fail(Error::FromErrno().Within("tcgetattr(3)"));
  return mode;
}

Result<void> SetTerminalMode(int terminal, const struct termios& mode) {
  while (::tcsetattr(terminal, TCSADRAIN, &mode) < 0) {
    if (errno != EINTR) return Fail(Error::FromErrno().Within("tcsetattr(3)"));
  }
  return {};
}

struct termios RawMode(struct termios mode) {
  ::cfmakeraw(&mode);
  return mode;
}

}  // namespace agentbox::kernel
