// Other programs, run as children, and what is needed to talk to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "kernel/process.h"

namespace agentbox::kernel {

// A pipe(7), both ends close-on-exec. Reading does not block.
struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};
Result<Pipe> MakePipe();

// The same for a program to read from, as its standard input: reading waits.
Result<Pipe> MakeInputPipe();

// What the pipe holds, up to 4 KiB, empty if nothing now; nullopt at its end.
Result<std::optional<std::string>> ReadSome(int fd);

// Everything until the pipe's end; waits.
Result<std::string> ReadToEnd(int fd);

// An anonymous file that holds `data` and can not be changed any more (memfd_create(2)), to be read
// from its start.
Result<UniqueFd> SealedFile(const std::string& name, std::string_view data);

// An empty anonymous file, to be written by a program and read after it.
Result<UniqueFd> AnonymousFile(const std::string& name);

// What becomes readable, or ends, first.
enum class Readable : std::uint8_t { kNothing, kFirst, kSecond };

// Waits for either fd, at most `milliseconds` (-1: for ever; kNothing when they are over). The
// second may be -1. Where both are readable it is kSecond.
Result<Readable> WaitForEither(int first, int second, int milliseconds);

// What a program starts with. Nothing else of this process reaches it: no other fds, no signal
// handlers or masks, no variables of the environment.
struct Program {
  std::string path;               // absolute
  std::vector<std::string> args;  // with args[0]
  std::vector<std::string> env;
  std::string directory;       // to start in; empty: as this process
  int mount_namespace = -1;    // to enter first; -1: this process's
  int user_namespace = -1;     // to enter after that
  bool is_root_there = false;  // it has an id 0 for the program to run as, without other groups
  int input = -1;              // standard streams; -1: /dev/null
  int output = -1;
  int errors = -1;
  std::vector<int> passed;       // further ones, which become 3 and on; not with namespaces
  bool dies_with_parent = true;  // PR_SET_PDEATHSIG
};

// The child, which runs the program by now: what kept it from that is an error of this.
Result<Child> Spawn(const Program& program);

}  // namespace agentbox::kernel
