// The container's first process, from clone3(2) to execve(2): the inner half of launch/launcher.h.
// Zone: init (after a clone without CLONE_VM by a process of one thread; ends in _exit or execve).
#pragma once

#include <cstdint>
#include <vector>

#include "base/unique_fd.h"
#include "init/channel.h"
#include "init/process.h"
#include "plan/sandbox_plan.h"

namespace agentbox::init {

struct InitRequest {
  const plan::SandboxPlan& plan;
  std::uint64_t made_already = 0;    // of the namespaces that init makes by itself: CLONE_NEWNET
  Channel channel;                   // to the launcher
  UniqueFd start_listener;           // start.sock, where `start` connects
  UniqueFd console_socket;           // gets the terminal's master side; empty: none wanted
  std::vector<UniqueFd> join_files;  // v1 cgroups' files, to which init writes "0"
  ProcessExtras extras;
};

// Isolates this process as the plan says, waits for `start`, and becomes the container's process.
[[noreturn]] void Run(InitRequest request);

}  // namespace agentbox::init
