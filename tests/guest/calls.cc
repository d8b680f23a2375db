// One system call each.
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "guest.h"

namespace agentbox::guest {
namespace {

unsigned long Number(const char* text) {
  return std::strtoul(text, nullptr, 0);
}

int Finish(long result) {
  PrintResult(result);
  return 0;
}

int Die(Arguments arguments) {
  const int number = static_cast<int>(Number(arguments[0]));
  // The first process of a pid namespace gets no signal that it does not handle, not even its own.
  if (::getpid() != 1) return ::raise(number);
  const pid_t child = ::fork();
  if (child == 0) {
    ::raise(number);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : 1;
}

int RemountWritable(Arguments arguments) {
  return Finish(::mount(nullptr, arguments[0], nullptr, MS_REMOUNT | MS_BIND, nullptr));
}

int Umount(Arguments arguments) {
  return Finish(::umount2(arguments[0], MNT_DETACH));
}

// mount TYPE TARGET [OPTIONS]
int Mount(Arguments arguments) {
  const char* const options = arguments.size() > 2 ? arguments[2] : nullptr;
  return Finish(::mount(arguments[0], arguments[1], arguments[0], 0, options));
}

int Bind(Arguments arguments) {
  return Finish(::mount(arguments[0], arguments[1], nullptr, MS_BIND, nullptr));
}

// mknod PATH c|b MAJOR MINOR
int Mknod(Arguments arguments) {
  const mode_t type = arguments[1][0] == 'b' ? S_IFBLK : S_IFCHR;
  const auto device = ::makedev(static_cast<unsigned>(Number(arguments[2])),
                                static_cast<unsigned>(Number(arguments[3])));
  return Finish(::mknod(arguments[0], type | 0666, device));
}

// open PATH r|w|rw
int Open(Arguments arguments) {
  const std::string_view mode = arguments[1];
  const int flags = mode == "r" ? O_RDONLY : mode == "w" ? O_WRONLY : O_RDWR;
  return Finish(::open(arguments[0], flags | O_NOCTTY | O_NONBLOCK));
}

// write PATH TEXT
int Write(Arguments arguments) {
  const int fd = ::open(arguments[0], O_WRONLY);
  return Finish(fd < 0 ? fd : ::write(fd, arguments[1], std::strlen(arguments[1])));
}

int Ptrace(Arguments arguments) {
  return Finish(::ptrace(PTRACE_SEIZE, static_cast<pid_t>(Number(arguments[0])), nullptr, nullptr));
}

int SetNamespace(Arguments arguments) {
  const int fd = ::open(arguments[0], O_RDONLY | O_CLOEXEC);
  return Finish(fd < 0 ? fd : ::setns(fd, 0));
}

int Unshare(Arguments arguments) {
  return Finish(::unshare(static_cast<int>(Number(arguments[0]))));
}

int Socket(Arguments arguments) {
  return Finish(::socket(static_cast<int>(Number(arguments[0])),
                         static_cast<int>(Number(arguments[1])),
                         static_cast<int>(Number(arguments[2]))));
}

// Puts a character into the terminal's own input (CVE-2017-5226 and its like).
int PushInput(Arguments) {
  const char character = 'x';
  return Finish(::ioctl(STDIN_FILENO, TIOCSTI, &character));
}

// syscall NUMBER [ARGUMENT]...: any call whose arguments are numbers.
int Syscall(Arguments arguments) {
  std::array<unsigned long, 7> numbers = {};
  for (std::size_t i = 0; i < arguments.size() && i < numbers.size(); ++i) {
    numbers[i] = Number(arguments[i]);
  }
  return Finish(::syscall(static_cast<long>(numbers[0]),
                          numbers[1],
                          numbers[2],
                          numbers[3],
                          numbers[4],
                          numbers[5],
                          numbers[6]));
}

// Changes into a directory and runs `pwd`'s call there: chdir PATH.
int ChangeDirectory(Arguments arguments) {
  return Finish(::chdir(arguments[0]));
}

constexpr Command kCommands[] = {
    {"die", 1, Die},
    {"remount-rw", 1, RemountWritable},
    {"umount", 1, Umount},
    {"mount", 2, Mount},
    {"bind", 2, Bind},
    {"mknod", 4, Mknod},
    {"open", 2, Open},
    {"write", 2, Write},
    {"ptrace", 1, Ptrace},
    {"setns", 1, SetNamespace},
    {"unshare", 1, Unshare},
    {"socket", 3, Socket},
    {"push-input", 0, PushInput},
    {"syscall", 1, Syscall},
    {"chdir", 1, ChangeDirectory},
};

}  // namespace

std::string ErrnoName(int number) {
  const char* const name = ::strerrorname_np(number);
  return name != nullptr ? name : std::to_string(number);
}

void PrintResult(long result) {
  std::printf("%s\n", result >= 0 ? "ok" : ErrnoName(errno).c_str());
}

std::span<const Command> CallCommands() {
  return kCommands;
}

}  // namespace agentbox::guest
