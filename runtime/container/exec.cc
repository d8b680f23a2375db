#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "base/strings.h"
#include "cgroups/cgroup.h"
#include "container/container.h"
#include "container/dismantle.h"
#include "container/filters.h"
#include "container/inputs.h"
#include "container/lifecycle.h"
#include "container/pid_file.h"
#include "container/terminal.h"
#include "kernel/socket.h"
#include "launch/joiner.h"

namespace agentbox::container {
namespace {

void AddCapabilities(const std::vector<std::string>& names, spec::Process& process) {
  if (names.empty()) return;
  spec::Capabilities sets = process.capabilities.value_or(spec::Capabilities());
  for (const std::string& name : names) {
    sets.bounding.push_back(name);
    sets.effective.push_back(name);
    sets.permitted.push_back(name);
  }
  process.capabilities = std::move(sets);
}

// The container's own process with what the options change: as runc's exec without --process.
spec::Process ProcessOf(const ExecOptions& options, const spec::Config& config) {
  if (options.process) return *options.process;
  spec::Process process = config.process.value_or(spec::Process());
  process.args = options.args;
  process.terminal = options.tty;
  // Set before the program can ask for it.
  process.console_size = options.console_socket.empty() ? TerminalSize() : std::nullopt;
  process.env.insert(process.env.end(), options.env.begin(), options.env.end());
  if (options.cwd) process.cwd = *options.cwd;
  // As under runc the groups stay those of the container's process where none are given.
  process.user.uid = options.uid.value_or(process.user.uid);
  process.user.gid = options.gid.value_or(process.user.gid);
  auto& groups = process.user.additional_gids;
  groups.insert(groups.end(), options.additional_gids.begin(), options.additional_gids.end());
  if (options.no_new_privileges) process.no_new_privileges = *options.no_new_privileges;
  if (options.apparmor_profile) process.apparmor_profile = *options.apparmor_profile;
  if (options.selinux_label) process.selinux_label = *options.selinux_label;
  AddCapabilities(options.capabilities, process);
  return process;
}

Result<void> CheckStatus(const StateFile& state, bool ignore_paused) {
  const Status status = TRY(StatusOf(state));
  if (status == Status::kPaused && ignore_paused) return {};
  return CheckAllowed(Operation::kExec, state);
}

Result<init::ProcessExtras> MakeExtras(const Inputs& inputs, unsigned preserve_fds) {
  init::ProcessExtras extras;
  const plan::SeccompPlan seccomp = TRY(plan::PlanSeccomp(inputs.config, inputs.policy));
  extras.filters = TRY(CompileFilters(seccomp));
  extras.last_capability = inputs.facts.last_capability;
  extras.preserve_fds = preserve_fds;
  return extras;
}

// A process in the container, which has exec'd.
struct ExecProcess {
  UniqueFd pidfd;
  UniqueFd master;
};

Result<ExecProcess> StartProcess(const Runtime& runtime,
                                 const std::string& id,
                                 const ExecOptions& options) {
  // In a paused container the process waits for `resume`, which needs the lock.
  auto opened = options.ignore_paused ? StateDirectory::OpenUnlocked(runtime.root, id)
                                      : StateDirectory::Open(runtime.root, id);
  const StateDirectory directory = TRY(std::move(opened));
  const StateFile state = TRY(directory.Read());
  TRY(CheckStatus(state, options.ignore_paused));
  const Inputs inputs = TRY(ReadKeptInputs(directory));
  const std::string name = options.process_name.empty() ? "exec" : options.process_name;
  const plan::ProcessPlan process =
      TRY(plan::PlanProcess(ProcessOf(options, inputs.config), inputs.config, inputs.facts, name));
  TRY(plan::CheckProcessIds(process, {.source = plan::IdSource::kConfig, .maps = state.id_maps}));
  TRY(CheckConsoleSocket(process.terminal, options.console_socket, options.detach));

  UniqueFd console;
  UniqueFd console_socket;
  if (!options.console_socket.empty()) {
    console_socket = TRY_WITHIN(kernel::ConnectStream(options.console_socket), "--console-socket");
  } else if (process.terminal) {
    kernel::SocketPair sockets = TRY(kernel::PacketSocketPair());
    console = std::move(sockets.one);
    console_socket = std::move(sockets.other);
  }
  const UniqueFd init = TRY(OpenInit(state));
  const std::unique_ptr<cgroups::Cgroup> cgroup = cgroups::Open(state.cgroup);
  init::ProcessExtras extras = TRY(MakeExtras(inputs, options.preserve_fds));
  launch::Joiner joiner({.log = *runtime.log,
                         .process = process,
                         .init_pid = state.pid,
                         .init = init,
                         .maps = state.id_maps,
                         .cgroup = *cgroup,
                         .console_socket = std::move(console_socket),
                         .extras = std::move(extras)});
  auto entered = joiner.Enter();
  // Init may have ended meanwhile: that is the reason, whatever there was not to be found then.
  if (!entered) TRY(CheckStatus(state, options.ignore_paused));
  TRY(std::move(entered));
  TRY(cgroups::JoinResctrl(state.resctrl, joiner.Pid()));
  TRY(joiner.Start());
  TRY(AwaitExec(joiner.Channel(), state, inputs.config, joiner.Pid()));
  TRY(WritePidFile(options.pid_file, joiner.Pid()));
  ExecProcess started;
  if (console) started.master = TRY(ReceiveConsole(console.Get()));
  started.pidfd = joiner.TakePidfd();
  return started;
}

}  // namespace

Result<int> Exec(const Runtime& runtime, const std::string& id, const ExecOptions& options) {
  if (options.detach) {
    TRY(StartProcess(runtime, id, options));
    return 0;
  }
  const HeldSignals signals = TRY(HeldSignals::Hold());
  const ExecProcess process = TRY(StartProcess(runtime, id, options));
  return TRY(Foreground(process.pidfd, signals, process.master)).ShellCode();
}

}  // namespace agentbox::container
