// Terminals: ioctl_tty(2), pts(4).
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

struct WindowSize {
  std::uint16_t rows = 0;
  std::uint16_t columns = 0;
};

// The number N of the slave /dev/pts/N of `master`.
Result<unsigned> TerminalNumber(int master);

Result<void> UnlockTerminal(int master);

// The slave of `master`, found by the kernel and not by a name, which something else could be
// mounted on (CVE-2025-52565). TIOCGPTPEER, Linux 4.13.
Result<UniqueFd> OpenPeer(int master);

Result<WindowSize> ReadWindowSize(int terminal);
Result<void> SetWindowSize(int terminal, const WindowSize& size);

// setsid(2); without effect on the leader of a session.
void NewSession();

// A new session, where the caller leads none yet, with `terminal` as its controlling one.
Result<void> StartSession(int terminal);

// `terminal` as standard input, output and error, or as those of them that `streams` has the bit
// of; kept over execve(2).
Result<void> UseAsStandard(int terminal, unsigned streams = 0b111);

bool IsTerminal(int fd);

// The next line that is typed, with its newline; empty at the end.
Result<std::string> ReadLine(int terminal);

// Whether the caller's process group is the one in the foreground of `terminal`, its controlling
// one.
bool IsInForeground(int terminal);

Result<struct termios> ReadTerminalMode(int terminal);
Result<void> SetTerminalMode(int terminal, const struct termios& mode);

// The same with input passed on byte by byte, unchanged and unanswered (cfmakeraw(3)).
struct termios RawMode(struct termios mode);

}  // namespace agentbox::kernel
