#include "container/lifecycle.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "apply/hooks.h"
#include "container/dismantle.h"
#include "init/channel.h"
#include "kernel/file.h"
#include "kernel/process.h"
#include "kernel/socket.h"
#include "launch/filter.h"
#include "spec/read_config.h"
#include "spec/state.h"

namespace agentbox::container {
namespace {

std::string_view Verb(Operation operation) {
  switch (operation) {
    case Operation::kStart:
      return "start";
    case Operation::kKill:
      return "kill";
    case Operation::kExec:
      return "exec in";
    case Operation::kPause:
      return "pause";
    case Operation::kResume:
      return "resume";
    case Operation::kDelete:
      return "delete";
  }
  return "";
}

spec::State ToldState(const StateFile& state, const std::string& status) {
  return {.oci_version = state.oci_version,
          .id = state.id,
          .status = status,
          .pid = status == "stopped" ? 0 : state.pid,
          .bundle = state.bundle,
          .annotations = state.annotations};
}

// poststart and poststop: what they fail at is worth a warning (runtime-spec,
// runtime.md#lifecycle).
void RunLateHooks(const Runtime& runtime,
                  const StateFile& state,
                  const std::vector<plan::HookStep>& hooks,
                  const std::string& status) {
  if (hooks.empty()) return;
  const apply::HookSurroundings surroundings = {.state = spec::WriteState(ToldState(state, status)),
                                                .directory = state.bundle};
  for (const Error& error : apply::TryHooks(hooks, surroundings)) {
    runtime.log->Warn(error.ToString());
  }
}

// An empty one where nothing is left to be done of it, or there was none (`do`).
Result<spec::Config> KeptConfig(const StateDirectory& directory, const StateFile& state) {
  if (!state.has_late_steps) return spec::Config();
  const auto text = kernel::ReadFile(directory.Get(), kKeptConfig);
  if (!text && text.error().Errno() == ENOENT) return spec::Config();
  if (!text) return Fail(text.error());
  return spec::ReadConfig(*text);
}

Result<void> HandOverListener(const StateFile& state,
                              const spec::Config& config,
                              pid_t pid,
                              const UniqueFd& listener) {
  const spec::Seccomp seccomp =
      config.linux_.value_or(spec::Linux()).seccomp.value_or(spec::Seccomp());
  const std::string text = spec::WriteContainerProcessState({.oci_version = state.oci_version,
                                                             .pid = pid,
                                                             .metadata = seccomp.listener_metadata,
                                                             .state = ToldState(state, "created")});
  return launch::SendSeccompListener(seccomp.listener_path, listener.Get(), text);
}

// What a state that can not be read must have named, found again from the copies of what it was
// made of. All but the directory was not made yet where these are missing, too.
StateFile Reconstructed(const Runtime& runtime, const StateDirectory& directory) {
  StateFile state;
  state.id = directory.Path().substr(directory.Path().rfind('/') + 1);
  const auto inputs = ReadKeptInputs(directory);
  if (!inputs) return state;
  const auto plan = MakePlan(runtime, state.id, *inputs);
  if (!plan) return state;
  state.scratch_directory = plan->scratch.directory;
  auto location = cgroups::Locate(plan->cgroup, inputs->facts);
  if (location) state.cgroup = *std::move(location);
  return state;
}

}  // namespace

Result<Status> StatusOf(const StateFile& state) {
  if (!state.is_created) return Status::kCreating;
  const auto init = OpenInit(state);
  if (!init && init.error().Errno() == ESRCH) return Status::kStopped;
  if (!init) return Fail(init.error());
  const std::unique_ptr<cgroups::Cgroup> cgroup = cgroups::Open(state.cgroup);
  if (TRY(cgroup->IsFrozen())) return Status::kPaused;
  return state.is_started ? Status::kRunning : Status::kCreated;
}

Result<void> CheckAllowed(Operation operation, const StateFile& state) {
  const Status status = TRY(StatusOf(state));
  if (IsAllowed(operation, status)) return {};
  if (operation == Operation::kKill && status == Status::kStopped) {
    // runc's words: engines take them to mean that there is nothing left to kill.
    return Fail(Error(ErrorKind::kWrongState, "container not running"));
  }
  return Fail(Error(ErrorKind::kWrongState,
                    "cannot " + std::string(Verb(operation)) + " a container that is " +
                        std::string(Name(status))));
}

Result<std::unique_ptr<cgroups::Cgroup>> OpenCgroup(const StateFile& state) {
  std::unique_ptr<cgroups::Cgroup> cgroup = cgroups::Open(state.cgroup);
  if (cgroup->Where().driver == plan::CgroupDriver::kNone) {
    return Fail(Error(ErrorKind::kUnsupported, "the container has no cgroup of its own"));
  }
  return cgroup;
}

Result<void> StartLocked(const Runtime& runtime, const StateDirectory& directory) {
  StateFile state = TRY(directory.Read());
  TRY(CheckAllowed(Operation::kStart, state));
  const init::Channel init(TRY(kernel::ConnectAt(directory.Get(), kStartSocket)), runtime.log);
  // Before init execs: if this process is killed in between, the container counts as started, which
  // it may be, and not as one that could be started again.
  state.is_started = true;
  TRY(directory.Write(state));
  TRY(init.Send(init::Message::kStart));
  const spec::Config config = TRY(KeptConfig(directory, state));
  TRY(AwaitExec(init, state, config, state.pid));
  const plan::HooksPlan hooks = TRY(plan::PlanHooks(config.hooks));
  RunLateHooks(runtime, state, hooks.poststart, "running");
  return {};
}

Result<void> DeleteLocked(const Runtime& runtime, StateDirectory& directory, bool force) {
  auto state = directory.Read();
  if (!state) {
    if (!force) return Fail(state.error());
    TRY(Dismantle(directory, Reconstructed(runtime, directory)));
    return directory.Remove();
  }
  // The creator of one that is half-made is gone, or it would hold the lock.
  if (!force && state->is_created) TRY(CheckAllowed(Operation::kDelete, *state));
  const auto config = KeptConfig(directory, *state);
  const plan::HooksPlan hooks = TRY(plan::PlanHooks(config ? config->hooks : spec::Hooks()));
  TRY(Dismantle(directory, *state));
  TRY(directory.Remove());
  RunLateHooks(runtime, *state, hooks.poststop, "stopped");
  return {};
}

Result<void> AwaitExec(const init::Channel& channel,
                       const StateFile& state,
                       const spec::Config& config,
                       pid_t pid) {
  for (;;) {
    const UniqueFd listener = TRY(channel.ExpectEnd());
    if (!listener) return {};
    // Until the agent has it the process waits in its first notified call.
    TRY(HandOverListener(state, config, pid, listener));
  }
}

void AddListenFds(const CreateOptions& options, plan::SandboxPlan& plan) {
  if (options.listen_fds == 0) return;
  plan.process.env.push_back("LISTEN_FDS=" + std::to_string(options.listen_fds));
  plan.process.env.emplace_back("LISTEN_PID=1");
}

Result<void> FillRequest(const CreateOptions& options, Inputs& inputs, CreationRequest& request) {
  if (!options.console_socket.empty()) {
    request.console_socket =
        TRY_WITHIN(kernel::ConnectStream(options.console_socket), "--console-socket");
  }
  request.pid_file = options.pid_file;
  request.new_keyring = options.new_keyring;
  request.preserve_fds = options.listen_fds + options.preserve_fds;
  request.config_text = std::move(inputs.config_text);
  request.policy_text = std::move(inputs.policy_text);
  return {};
}

Result<void> CheckConsoleSocket(bool terminal, const std::string& socket, bool detached) {
  if (!terminal && !socket.empty()) {
    return Fail(
        Error(ErrorKind::kUsage, "--console-socket is given, but process.terminal is not true"));
  }
  if (terminal && detached && socket.empty()) {
    return Fail(Error(ErrorKind::kUsage,
                      "process.terminal is true, and nobody here would hold the terminal: "
                      "--console-socket is needed"));
  }
  if (terminal && !detached && !socket.empty()) {
    return Fail(Error(ErrorKind::kUsage,
                      "--console-socket goes with --detach only: else the terminal is this one"));
  }
  return {};
}

}  // namespace agentbox::container
