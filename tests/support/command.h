// Programs run by the tests, with a deadline: nothing here sleeps, and nothing waits for ever.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace agentbox::test {

// Long, for slow machines (tests/vm): only a failure lasts until then.
constexpr std::chrono::seconds kDeadline{120};

// How a program ended, and what it wrote.
struct Outcome {
  int status = -1;  // exit code, or 128 + signal; -1: killed at the deadline
  std::string output;
  std::string errors;

  bool Succeeded() const { return status == 0; }
};

struct CommandOptions {
  std::string input;                     // for standard input
  std::vector<std::string> environment;  // added to this process's
  std::string directory;                 // to start in; empty: this process's
  std::string output_file;               // for standard output; empty: into Outcome
  std::chrono::milliseconds deadline = kDeadline;
};

// Runs args[0], found in PATH, and waits for its end. What it writes goes to files, not pipes: init
// of a container keeps them open after `create` has ended.
Outcome RunCommand(const std::vector<std::string>& args, const CommandOptions& options = {});

// A program that goes on beside the test; killed, with its group, when this object goes.
class Background {
 public:
  // Its output and errors go to the file `output`; empty: /dev/null.
  explicit Background(const std::vector<std::string>& args, const std::string& output = {});
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();

  pid_t Pid() const { return pid_; }
  void Signal(int number) const;
  // The exit code, or 128 + signal; -1 at the deadline.
  int Wait(std::chrono::milliseconds deadline = kDeadline);

 private:
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  bool is_reaped_ = false;
};

// For a child just forked: gives it the three streams, and runs the program.
struct Streams {
  int input = -1;
  int output = -1;
  int errors = -1;
};
[[noreturn]] void ExecProgram(const std::vector<std::string>& args,
                              const CommandOptions& options,
                              const Streams& streams);

UniqueFd OpenPidfd(pid_t pid);

// A child of a test's own, which ReapOrphans leaves alone until it is disowned.
void Own(pid_t pid);
void Disown(pid_t pid);

// Reaps the ended children that no test owns: this process is the subreaper of all that the
// runtime leaves, and a pid namespace does not end while one of its processes is a zombie.
void ReapOrphans();

// Whether the process behind `pidfd` ended before `deadline`.
bool HasEnded(const UniqueFd& pidfd, std::chrono::milliseconds deadline);

// Reaps the child `pid`; the exit code, or 128 + signal.
int Reap(pid_t pid);

// A few milliseconds in which orphans are reaped: the pause between two looks of Eventually.
void Pause();

// Whether `condition` became true before the deadline; asked again each few milliseconds, for what
// the kernel tells nobody (a file of /proc or of a cgroup).
template <typename Condition>
bool Eventually(const Condition& condition, std::chrono::milliseconds deadline = kDeadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    Pause();
  }
  return true;
}

}  // namespace agentbox::test
