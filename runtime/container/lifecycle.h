// What several commands do to a container whose state directory they have locked.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "cgroups/cgroup.h"
#include "container/container.h"
#include "container/creation.h"
#include "container/inputs.h"
#include "container/state_file.h"
#include "container/status.h"
#include "init/channel.h"
#include "spec/config.h"

namespace agentbox::container {

Result<Status> StatusOf(const StateFile& state);

// kWrongState, naming the operation and the status, where that rules it out.
Result<void> CheckAllowed(Operation operation, const StateFile& state);

// kUnsupported for a container without one.
Result<std::unique_ptr<cgroups::Cgroup>> OpenCgroup(const StateFile& state);

// Lets init exec; its error, from a startContainer hook to execve(2), where it does not.
Result<void> StartLocked(const Runtime& runtime, const StateDirectory& directory);

// The end of the container; then its poststop hooks.
Result<void> DeleteLocked(const Runtime& runtime, StateDirectory& directory, bool force);

// Tells the process of the descriptors of socket activation among those that it gets
// (sd_listen_fds(3)).
void AddListenFds(const CreateOptions& options, plan::SandboxPlan& plan);

// What `options` add to a creation; takes the texts out of `inputs`.
Result<void> FillRequest(const CreateOptions& options, Inputs& inputs, CreationRequest& request);

// Waits at `channel` until the process `pid` has exec'd; its error where it has not. A listener of
// its filter goes to the agent that config.json names, with the container's state.
Result<void> AwaitExec(const init::Channel& channel,
                       const StateFile& state,
                       const spec::Config& config,
                       pid_t pid);

// A terminal and a console socket go together (runc's rules). `detached`: nobody here relays it.
Result<void> CheckConsoleSocket(bool terminal, const std::string& socket, bool detached);

}  // namespace agentbox::container
