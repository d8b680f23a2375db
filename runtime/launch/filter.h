// From the rules of a filter to the program that the kernel runs.
//
// A program is a binary tree over the system call numbers: neighbours with the same answer are one
// range, single calls between two such are exceptions of it, and rules that begin alike are tested
// once. So a table of 380 calls is a program of 240 instructions, of which a call runs a dozen. Not
// libseccomp's: its tree has a leaf for each call, four times the size, and the time that
// seccomp(2) takes is the program's size; and it does not know the calls of later kernels.
//
//   load architecture; not the native one: ENOSYS
//   load number
//   tree ─┬─ answer
//         ├─ conditions of the call ─── answers
//         └─ beyond the newest number that is known: ENOSYS
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "abi/seccomp.h"
#include "base/error.h"
#include "plan/seccomp.h"

namespace agentbox::launch {

// The number of the system call `name` on this architecture; nothing if it has none.
std::optional<std::uint32_t> SyscallNumber(std::string_view name);

// Names that this architecture does not know are passed over; `skipped`, if given, gets them.
//
// Other ABIs (i386, x32) get ENOSYS, whatever the filter says of them. So do, as under runc, calls
// newer than the newest that the filter names, unless what it does with the others is to allow, log
// or trace them: programs try new calls and fall back on ENOSYS alone.
Result<abi::SeccompProgram> CompileFilter(const plan::SeccompFilter& filter,
                                          std::vector<std::string>* skipped = nullptr);

// Sends `listener` to the agent that listens at `socket_path` (config-linux.md#seccomp,
// listenerPath), with `state`, the JSON of the container process state.
Result<void> SendSeccompListener(const std::string& socket_path,
                                 int listener,
                                 const std::string& state);

}  // namespace agentbox::launch
