// A user at a terminal: a program on a real pseudo-terminal, typed at and watched.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "support/command.h"

namespace agentbox::test {

struct TerminalOptions {
  CommandOptions command;   // its environment and directory
  std::string output_file;  // standard output goes there, not to the terminal
};

class Terminal {
 public:
  explicit Terminal(const std::vector<std::string>& args, const TerminalOptions& options = {});
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  void Type(std::string_view text) const;
  void Resize(unsigned short rows, unsigned short columns) const;

  // Waits until `text` has appeared after what the last call found; false at the deadline.
  bool Expect(std::string_view text, std::chrono::milliseconds deadline = kDeadline);

  // The exit code, or 128 + signal; -1 at the deadline. Reads on meanwhile.
  int Wait(std::chrono::milliseconds deadline = kDeadline);

  pid_t Pid() const { return pid_; }
  const std::string& Screen() const { return screen_; }  // all that has appeared

 private:
  // Whether something was read, or the end is there, before `end`.
  bool Read(std::chrono::steady_clock::time_point end);

  UniqueFd master_;
  pid_t pid_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
  bool is_reaped_ = false;
};

}  // namespace agentbox::test
