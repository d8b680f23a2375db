// What a process of the container can see.
#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "guest.h"

namespace agentbox::guest {
namespace {

std::string LinkOf(const std::string& path) {
  char target[PATH_MAX];
  const auto size = ::readlink(path.c_str(), target, sizeof target);
  return size < 0 ? "" : std::string(target, static_cast<std::size_t>(size));
}

// The open descriptors but for the three streams: "5 /etc/passwd".
int PrintDescriptors(Arguments) {
  DIR* const directory = ::opendir("/proc/self/fd");
  while (const dirent* const entry = directory != nullptr ? ::readdir(directory) : nullptr) {
    const int fd = std::atoi(entry->d_name);
    if (fd > 2 && fd != ::dirfd(directory)) {
      std::printf("%d %s\n", fd, LinkOf("/proc/self/fd/" + std::to_string(fd)).c_str());
    }
  }
  return 0;
}

int PrintWindowSize(Arguments) {
  struct winsize size = {};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0) {
    PrintResult(-1);
    return 1;
  }
  std::printf("%d %d\n", size.ws_row, size.ws_col);
  return 0;
}

// Waits for a signal and prints its name; a second word is printed when it may come.
int AwaitSignal(Arguments) {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  std::printf("ready\n");
  std::fflush(stdout);
  int number = 0;
  ::sigwait(&all, &number);
  const char* const name = ::sigabbrev_np(number);
  std::printf("%s\n", name != nullptr ? name : std::to_string(number).c_str());
  return 0;
}

// namespace TYPE...: the inode of each.
int PrintNamespaces(Arguments arguments) {
  for (const char* const type : arguments) {
    std::printf("%s\n", LinkOf(std::string("/proc/self/ns/") + type).c_str());
  }
  return 0;
}

// Uses memory: allocate MEBIBYTES.
int Allocate(Arguments arguments) {
  const auto size = std::strtoul(arguments[0], nullptr, 10) << 20;
  std::vector<char> memory(size, 'x');
  std::printf("%zu\n", static_cast<std::size_t>(std::count(memory.begin(), memory.end(), 'x')));
  return 0;
}

// Forks COUNT children that wait, and prints how many there are.
int Fork(Arguments arguments) {
  const int count = std::atoi(arguments[0]);
  int made = 0;
  while (made < count) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    if (child < 0) break;
    ++made;
  }
  std::printf("%d\n", made);
  std::fflush(stdout);
  ::signal(SIGTERM, SIG_IGN);
  ::kill(-1, SIGKILL);
  return 0;
}

constexpr Command kCommands[] = {
    {"descriptors", 0, PrintDescriptors},
    {"window-size", 0, PrintWindowSize},
    {"await-signal", 0, AwaitSignal},
    {"namespaces", 1, PrintNamespaces},
    {"allocate", 1, Allocate},
    {"fork", 1, Fork},
};

}  // namespace

std::span<const Command> WorldCommands() {
  return kCommands;
}

}  // namespace agentbox::guest
