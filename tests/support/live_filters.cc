#include "support/live_filters.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace agentbox::test {
namespace {

// glibc's <sys/ptrace.h> and <linux/ptrace.h> exclude each other.
constexpr long kGetFilter = 0x420c;  // PTRACE_SECCOMP_GET_FILTER

// ptrace(2), whose third argument is a number here.
long Ptrace(long request, pid_t pid, std::uintptr_t address, void* data) {
  return ::syscall(SYS_ptrace, request, pid, address, data);
}

// Stops a process for as long as this object lives.
class Stopped {
 public:
  explicit Stopped(pid_t pid) : pid_(pid) {
    const bool is_seized = Ptrace(PTRACE_SEIZE, pid_, 0, nullptr) == 0;
    if (!is_seized || Ptrace(PTRACE_INTERRUPT, pid_, 0, nullptr) != 0) {
      throw std::runtime_error("ptrace(2) of " + std::to_string(pid) + ": errno " +
                               std::to_string(errno));
    }
    ::waitpid(pid_, nullptr, __WALL);
  }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;
  ~Stopped() { Ptrace(PTRACE_DETACH, pid_, 0, nullptr); }

 private:
  pid_t pid_;
};

}  // namespace

std::vector<std::vector<struct sock_filter>> LiveFilters(pid_t pid) {
  const Stopped stopped(pid);
  std::vector<std::vector<struct sock_filter>> filters;
  for (std::uintptr_t index = 0;; ++index) {
    const long count = Ptrace(kGetFilter, pid, index, nullptr);
    if (count < 0 && errno == ENOENT) return filters;
    if (count < 0) {
      throw std::runtime_error("PTRACE_SECCOMP_GET_FILTER: errno " + std::to_string(errno));
    }
    std::vector<struct sock_filter> program(static_cast<std::size_t>(count));
    Ptrace(kGetFilter, pid, index, program.data());
    filters.push_back(std::move(program));
  }
}

}  // namespace agentbox::test
