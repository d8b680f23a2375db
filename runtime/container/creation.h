// `create`, from a plan on: shared by create, run and do.
#pragma once

#include <string>

#include "base/error.h"
#include "base/unique_fd.h"
#include "container/container.h"
#include "container/state_file.h"
#include "kernel/process.h"
#include "plan/host_facts.h"
#include "plan/sandbox_plan.h"

namespace agentbox::container {

struct CreationRequest {
  const Runtime& runtime;
  const plan::SandboxPlan& plan;
  const plan::HostFacts& facts;
  UniqueFd console_socket;  // gets the terminal's master; empty: none
  std::string pid_file;
  bool new_keyring = true;
  unsigned preserve_fds = 0;
  std::string config_text;  // kept with the state; empty for a sandbox that takes no `exec`
  std::string policy_text;
};

// A container that waits for `start`.
struct CreatedContainer {
  StateFile state;
  UniqueFd pidfd;   // of init, a child of this process
  UniqueFd mounts;  // launch::Launcher::TakeMounts: closed when nothing waits any more
};

// Makes the sandbox. On failure nothing of it is left. The state directory is locked meanwhile.
Result<CreatedContainer> MakeContainer(CreationRequest request);

// Makes it, starts it, passes signals and the terminal through until it ends, and deletes it unless
// `keep`: the exit status of its process, 128 + signal where one killed it.
Result<int> RunInForeground(CreationRequest request, bool keep);

}  // namespace agentbox::container
