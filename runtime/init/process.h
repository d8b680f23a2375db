// The last part of the way to execve(2), the same for the container's first process and for those
// of `exec`: from a process with every capability of the container's user namespace to the planned
// one. Zone: init.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "abi/seccomp.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "init/channel.h"
#include "plan/process.h"

namespace agentbox::init {

// What the process gets that config.json's `process` does not say.
struct ProcessExtras {
  std::vector<abi::SeccompProgram> filters;
  std::uint32_t last_capability = 40;  // HostFacts::last_capability
  unsigned preserve_fds = 0;           // fds from 3 on that execve(2) keeps
  std::string keyring;                 // name of a session keyring of its own; empty: none
};

// What execve(2) will be asked for: the file found as execvp(3) would, arguments, environment with
// HOME. Errors in the words of runc, from which engines tell exit codes 126 and 127.
struct Executable {
  std::string path;
  std::vector<std::string> args;
  std::vector<std::string> env;
};

// Preconditions: "/" is the container's root, the working directory is free to change.
Result<Executable> FindExecutable(const plan::ProcessPlan& process);

// Becomes the planned process. Returns only with an error. `peer` gets the filter's listener, if it
// has one, and sees the end of file when all has gone well.
Error Become(const plan::ProcessPlan& process,
             const Executable& executable,
             const ProcessExtras& extras,
             const Channel& peer);

}  // namespace agentbox::init
