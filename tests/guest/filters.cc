// Filters of system calls of the guest's own, and what a filter costs.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "guest.h"

namespace agentbox::guest {
namespace {

using Program = std::vector<struct sock_filter>;

long Load(const Program& program, unsigned flags) {
  const struct sock_fprog argument = {.len = static_cast<unsigned short>(program.size()),
                                      .filter = const_cast<struct sock_filter*>(program.data())};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &argument);
}

// Answers getpriority(2) with `answer`, and allows the rest.
Program ForGetpriority(unsigned answer) {
  return {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, answer),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
}

// own-filter tsync|log|errno|listener: installs a filter, and prints what that gave and what the
// filtered call gives.
int OwnFilter(Arguments arguments) {
  const std::string_view kind = arguments[0];
  unsigned flags = 0;
  unsigned answer = SECCOMP_RET_ERRNO | ENOTUNIQ;
  if (kind == "tsync") flags = SECCOMP_FILTER_FLAG_TSYNC;
  if (kind == "log") answer = SECCOMP_RET_LOG;
  if (kind == "listener") flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  PrintResult(Load(ForGetpriority(answer), flags));
  errno = 0;
  PrintResult(::getpriority(PRIO_PROCESS, 0) == -1 && errno != 0 ? -1 : 0);
  return 0;
}

double Nanoseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::nano>(duration).count();
}

template <typename Call>
double CostOf(const Call& call) {
  constexpr int kCalls = 200'000;
  double least = 1e9;
  for (int round = 0; round < 7; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kCalls; ++i)
      call();
    least = std::min(least, Nanoseconds(std::chrono::steady_clock::now() - begin) / kCalls);
  }
  return least;
}

// The median of loading `program` in processes of their own, in nanoseconds.
double CostOfLoading(const Program& program) {
  constexpr int kProcesses = 101;
  std::vector<double> costs;
  for (int i = 0; i < kProcesses; ++i) {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) < 0) return 0;
    const pid_t child = ::fork();
    if (child == 0) {
      const auto begin = std::chrono::steady_clock::now();
      Load(program, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
      const double cost = Nanoseconds(std::chrono::steady_clock::now() - begin);
      ::_exit(::write(pipe[1], &cost, sizeof cost) == sizeof cost ? 0 : 1);
    }
    double cost = 0;
    ::close(pipe[1]);
    if (::read(pipe[0], &cost, sizeof cost) == sizeof cost) costs.push_back(cost);
    ::close(pipe[0]);
    ::waitpid(child, nullptr, 0);
  }
  std::ranges::sort(costs);
  return costs.empty() ? 0 : costs[costs.size() / 2];
}

Program ReadProgram(const char* path) {
  Program program;
  std::FILE* const file = std::fopen(path, "rbe");
  struct sock_filter instruction = {};
  while (file != nullptr && std::fread(&instruction, sizeof instruction, 1, file) == 1)
    program.push_back(instruction);
  if (file != nullptr) std::fclose(file);
  return program;
}

// filter-cost [PROGRAM]: nanoseconds of getppid(2), of prctl(2) and of socket(2) of a family that
// there is not, as this process is filtered; with a file of sock_filter, of loading it first.
int FilterCost(Arguments arguments) {
  if (!arguments.empty()) {
    const Program program = ReadProgram(arguments[0]);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    std::printf("load %.0f\n", CostOfLoading(program));
    if (Load(program, SECCOMP_FILTER_FLAG_SPEC_ALLOW) < 0) return 1;
  }
  std::printf("getppid %.1f\n", CostOf([] { ::syscall(SYS_getppid); }));
  std::printf("sendto %.1f\n",
              CostOf([] { ::syscall(SYS_sendto, -1, nullptr, 0, 0, nullptr, 0); }));
  std::printf("prctl %.1f\n", CostOf([] { ::syscall(SYS_prctl, PR_GET_DUMPABLE); }));
  return 0;
}

constexpr Command kCommands[] = {{"own-filter", 1, OwnFilter}, {"filter-cost", 0, FilterCost}};

}  // namespace

std::span<const Command> FilterCommands() {
  return kCommands;
}

}  // namespace agentbox::guest
