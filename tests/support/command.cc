#include "support/command.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <stdexcept>

namespace agentbox::test {
namespace {

using Clock = std::chrono::steady_clock;

UniqueFd MakeFile(const char* name) {
  UniqueFd file(::memfd_create(name, MFD_CLOEXEC));
  if (!file) throw std::runtime_error("memfd_create(2)");
  return file;
}

UniqueFd OpenForOutput(const std::string& path) {
  if (path.empty()) return MakeFile("output");
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file) throw std::runtime_error("open(2) of " + path);
  return file;
}

UniqueFd MakeInput(const std::string& text) {
  if (text.empty()) return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  UniqueFd file = MakeFile("input");
  if (::pwrite(file.Get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("pwrite(2)");
  }
  return file;
}

std::string ReadAll(const UniqueFd& file) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const auto size =
        ::pread(file.Get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (size <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

int ShellCode(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

std::set<pid_t>& Owned() {
  static std::set<pid_t> pids;
  return pids;
}

int MillisecondsTo(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

}  // namespace

void ExecProgram(const std::vector<std::string>& args,
                 const CommandOptions& options,
                 const Streams& streams) {
  // A test that is killed takes its programs along.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(streams.input, STDIN_FILENO);
  ::dup2(streams.output, STDOUT_FILENO);
  ::dup2(streams.errors, STDERR_FILENO);
  // Nothing of the tests' own, nor what meson leaves open, is to look like a leak of the runtime.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const std::string& variable : options.environment) {
    ::putenv(::strdup(variable.c_str()));
  }
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) < 0) ::_exit(126);
  std::vector<char*> pointers;
  for (const std::string& arg : args) {
    pointers.push_back(const_cast<char*>(arg.c_str()));
  }
  pointers.push_back(nullptr);
  ::execvp(pointers.front(), pointers.data());
  ::_exit(127);
}

UniqueFd OpenPidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

void Own(pid_t pid) {
  Owned().insert(pid);
}

void Disown(pid_t pid) {
  Owned().erase(pid);
}

void ReapOrphans() {
  std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  for (pid_t pid = 0; children >> pid;) {
    if (!Owned().contains(pid)) ::waitpid(pid, nullptr, WNOHANG);
  }
}

bool HasEnded(const UniqueFd& pidfd, std::chrono::milliseconds deadline) {
  constexpr int kBetweenReaps = 10;
  struct pollfd wanted = {pidfd.Get(), POLLIN, 0};
  const auto end = Clock::now() + deadline;
  int left = 0;
  do {
    left = MillisecondsTo(end);
    if (::poll(&wanted, 1, std::min(left, kBetweenReaps)) > 0) return true;
    ReapOrphans();
  } while (left > 0);
  return false;
}

int Reap(pid_t pid) {
  siginfo_t info = {};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) < 0) {
    if (errno != EINTR) return -1;
  }
  Disown(pid);
  return ShellCode(info);
}

Outcome RunCommand(const std::vector<std::string>& args, const CommandOptions& options) {
  const UniqueFd input = MakeInput(options.input);
  const UniqueFd output = OpenForOutput(options.output_file);
  const UniqueFd errors = MakeFile("errors");
  const pid_t pid = ::fork();
  if (pid == 0) ExecProgram(args, options, {input.Get(), output.Get(), errors.Get()});
  Own(pid);
  const UniqueFd pidfd = OpenPidfd(pid);
  Outcome outcome;
  if (HasEnded(pidfd, options.deadline)) {
    outcome.status = Reap(pid);
  } else {
    ::kill(pid, SIGKILL);
    Reap(pid);
  }
  outcome.errors = ReadAll(errors) + (outcome.status < 0 ? "\n[killed at the deadline]" : "");
  if (options.output_file.empty()) outcome.output = ReadAll(output);
  return outcome;
}

Background::Background(const std::vector<std::string>& args, const std::string& output) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const UniqueFd file = OpenForOutput(output.empty() ? "/dev/null" : output);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::setpgid(0, 0);
    ExecProgram(args, {}, {null.Get(), file.Get(), file.Get()});
  }
  Own(pid_);
  pidfd_ = OpenPidfd(pid_);
}

Background::~Background() {
  if (is_reaped_) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  Reap(pid_);
}

void Background::Signal(int number) const {
  ::kill(pid_, number);
}

int Background::Wait(std::chrono::milliseconds deadline) {
  if (!HasEnded(pidfd_, deadline)) return -1;
  is_reaped_ = true;
  return Reap(pid_);
}

void Pause() {
  // A pid namespace ends once all of its processes are reaped, those of `exec --detach` by us.
  ReapOrphans();
  ::poll(nullptr, 0, 5);
}

}  // namespace agentbox::test
