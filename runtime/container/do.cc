#include "container/do.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "base/strings.h"
#include "container/aftercare.h"
#include "container/caller.h"
#include "container/creation.h"
#include "container/environment.h"
#include "container/host_facts.h"
#include "container/host_survey.h"
#include "container/host_view.h"
#include "container/inputs.h"
#include "container/invoker.h"
#include "container/name_servers.h"
#include "container/pasta.h"
#include "container/terminal.h"
#include "kernel/file.h"
#include "kernel/host.h"
#include "kernel/path.h"
#include "kernel/signals.h"
#include "kernel/socket.h"
#include "kernel/tty.h"
#include "kernel/user.h"

namespace agentbox::container {
namespace {

using policy::NetworkMode;

class Doing {
 public:
  Doing(const Runtime& runtime, const DoOptions& options) : runtime_(runtime), options_(options) {}
  Doing(const Doing&) = delete;
  Doing& operator=(const Doing&) = delete;
  ~Doing() {
    if (!resolv_conf_.empty()) (void)kernel::RemoveFile(AT_FDCWD, resolv_conf_);
  }

  Result<int> Run();

 private:
  Result<void> ReadPolicy();
  Result<void> ChooseNetwork();
  void ChooseCgroup();
  Result<HostView> View();
  std::vector<std::string> Environment(const std::string& cwd);
  Result<plan::SandboxPlan> Plan();
  void PlanView(HostView view, plan::SandboxPlan& plan) const;
  Result<void> PlanNameServers(plan::SandboxPlan& plan);
  Result<int> RunSandbox(const plan::SandboxPlan& plan);
  Result<UniqueFd> Connect(const plan::SandboxPlan& plan, const StateFile& state);
  void Note(const std::string& text) const;

  Runtime runtime_;
  const DoOptions& options_;
  std::string id_;
  Invoker invoker_;
  policy::Policy policy_;
  plan::HostFacts facts_;
  std::string resolv_conf_;  // a file that goes with the sandbox; empty: none
  std::string pasta_;        // the program; empty: no network by it
  bool may_lack_network_ = false;
};

std::string MadeUpName() {
  struct timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return "do-" + std::to_string(::getpid()) + "-" + std::to_string(now.tv_nsec);
}

std::string DirectoryOf(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Behind the re-entry of a user (launch/reentry.h): the host's mounts are there, locked, and the
// host's root has no id. Root of an engine's container is no such user.
bool IsUnprivileged(const plan::HostFacts& facts) {
  return !facts.in_initial_user_namespace && facts.euid != 0;
}

void Doing::Note(const std::string& text) const {
  if (options_.is_quiet) return;
  (void)kernel::WriteAll(STDERR_FILENO, "agentbox: note: " + text + "\n");
}

Result<void> Doing::ReadPolicy() {
  const PolicyFile file = TRY(ReadPolicyFile(runtime_));
  policy_ = policy::DefaultPolicy();
  if (!file.text.empty())
    policy_ = TRY(policy::ReadPolicy(std::move(policy_), file.text, file.name));
  if (options_.profile) {
    policy_ = policy::WithProfile(std::move(policy_), *options_.profile, "--profile");
  }
  // Here the layer is the sandbox's only one: there is no engine whose layer could be written to.
  policy_.rootfs = policy::RootfsMode::kThrowaway;
  if (options_.workspace) policy_.workspace = *options_.workspace;
  for (const std::string& path : options_.hide)
    policy_.hidden_paths.push_back(path);
  for (const std::string& path : options_.show)
    policy_.shown_paths.push_back(path);
  return {};
}

Result<void> Doing::ChooseNetwork() {
  may_lack_network_ = !options_.network && !policy_.network;
  const NetworkMode wanted =
      options_.network.value_or(policy_.network.value_or(NetworkMode::kPasta));
  policy_.network = wanted;
  if (wanted == NetworkMode::kHost) policy_.host_namespaces.emplace_back("network");
  if (wanted != NetworkMode::kPasta) return {};
  pasta_ = FindPasta();
  if (!pasta_.empty()) return {};
  if (!may_lack_network_) {
    return Fail(Error(ErrorKind::kUnsupported,
                      "--network pasta: pasta(1) is not installed: apt-get install passt"));
  }
  policy_.network = NetworkMode::kNone;
  Note("no network: pasta(1) is not installed (apt-get install passt)");
  return {};
}

// Without limits a cgroup is good for killing what is left, which the end of the sandbox's pid
// namespace does too.
void Doing::ChooseCgroup() {
  const DoLimits& limits = options_.limits;
  const bool has_limits = limits.memory || limits.cpu_quota || limits.pids;
  if (has_limits || runtime_.cgroup.disabled) return;
  // Which cgroups a user may make is the user's to know: no limit, no question.
  runtime_.cgroup.disabled = IsUnprivileged(facts_) || facts_.cgroup_hierarchies.empty();
}

Result<HostView> Doing::View() {
  const std::string scratch = ScratchDirectory(runtime_, policy_, facts_, id_);
  const HostSurvey survey = TRY(SurveyHost({.policy = policy_,
                                            .facts = facts_,
                                            .invoker = invoker_,
                                            .cwd = options_.cwd,
                                            .to_hide = {DirectoryOf(scratch), runtime_.root}}));
  return IsUnprivileged(facts_) ? PlanUserView(survey, policy_.workspace)
                                : PlanHostView(survey, policy_.workspace);
}

// Of the caller's, or behind sudo(8) of root's with what makes it the user's.
std::vector<std::string> Doing::Environment(const std::string& cwd) {
  std::vector<std::string> own;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (text.find('=') != std::string_view::npos && !text.starts_with('=')) own.emplace_back(text);
  }
  FilteredEnvironment filtered = FilterEnvironment(own, policy_, options_.env);
  if (!filtered.dropped.empty()) {
    Note("not passed on: " + Join(filtered.dropped, " ") + " (-e NAME passes one)");
  }
  std::vector<std::string>& variables = filtered.variables;
  SetVariable(variables, "PWD", cwd);
  if (!invoker_.is_behind_sudo) return variables;
  std::erase_if(variables, [](const std::string& one) { return one.starts_with("SUDO_"); });
  SetVariable(variables, "HOME", invoker_.home);
  SetVariable(variables, "USER", invoker_.name);
  SetVariable(variables, "LOGNAME", invoker_.name);
  SetVariable(variables, "SHELL", invoker_.shell);
  return variables;
}

// What runtime-spec can not say: the host's file systems, and how the command is run.
void Doing::PlanView(HostView view, plan::SandboxPlan& plan) const {
  plan.rootfs.hidden = std::move(view.hidden);
  plan.rootfs.emptied = std::move(view.emptied);
  plan.rootfs.readonly = view.readonly;
  plan.rootfs.is_whole_tree = view.is_whole_tree;
  for (plan::MountStep& step : view.mounts)
    plan.mounts.push_back(std::move(step));
  // A mount point is in what is mounted above it.
  std::ranges::stable_sort(plan.mounts, {}, &plan::MountStep::destination);
  for (plan::MaskedPath& masked : view.masked)
    plan.masked_paths.masked.push_back(std::move(masked));
  plan.process.terminal_streams = TerminalStreams();
  plan.process.is_child_of_init = true;
}

// The sandbox's own /etc/resolv.conf, where the host's would not do: it names servers on the host's
// loopback, or is a link into /run. Beside the scratch directory, with a name by which `gc` knows
// it for what is left of a sandbox.
Result<void> Doing::PlanNameServers(plan::SandboxPlan& plan) {
  const auto target = kernel::RealPath("/etc/resolv.conf");
  if (!target || policy_.network == NetworkMode::kNone) return {};
  const std::string text = TRY(kernel::ReadFile(AT_FDCWD, *target));
  const bool is_pasta = policy_.network == NetworkMode::kPasta;
  const std::string own = is_pasta ? NameServers(text, kDnsAddress) : text;
  if (own == text && !plan::IsAtOrBelow(*target, "/run")) return {};

  const std::string& scratch = plan.scratch.directory;
  TRY(kernel::MakeDirectories(DirectoryOf(scratch), S_IRWXU));
  const UniqueFd directory =
      TRY(kernel::Open(AT_FDCWD, DirectoryOf(scratch), O_RDONLY | O_DIRECTORY));
  const std::string name = "resolv.conf." + scratch.substr(scratch.rfind('/') + 1);
  resolv_conf_ = DirectoryOf(scratch) + "/" + name;
  TRY(kernel::ReplaceFile(directory.Get(), name, own, 0644));
  plan::MountStep step = {.origin = "network", .destination = *target};
  step.what = plan::BindMount{.source = resolv_conf_};
  step.attributes.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  plan.mounts.push_back(std::move(step));
  return {};
}

Result<plan::SandboxPlan> Doing::Plan() {
  HostView view = TRY(View());
  for (const std::string& note : view.notes)
    Note(note);
  if (policy_.workspace == policy::WorkspaceMode::kThrowaway) {
    Note("what is written here is thrown away (--direct lets it through)");
  }
  const std::string cwd = view.cwd;
  const std::string hostname = TRY(kernel::ReadSystemName()).node;
  Inputs inputs = {.bundle = cwd, .policy = policy_, .facts = facts_};
  inputs.config = MakeDoConfig({.invoker = invoker_,
                                .command = options_.command,
                                .env = Environment(cwd),
                                .cwd = cwd,
                                .hostname = hostname,
                                .umask = kernel::OwnUmask(),
                                .terminal = TerminalStreams() != 0,
                                .console_size = TerminalSize()},
                               options_.limits,
                               policy_,
                               facts_);
  if (runtime_.cgroup.disabled) {
    std::erase_if(inputs.config.mounts,
                  [](const spec::Mount& mount) { return mount.type == "cgroup"; });
  }
  plan::SandboxPlan plan = TRY(MakePlan(runtime_, id_, inputs));
  PlanView(std::move(view), plan);
  TRY(PlanNameServers(plan));
  return plan;
}

// Empty where there is nothing to connect, or where it can not be and that was not asked for.
Result<UniqueFd> Doing::Connect(const plan::SandboxPlan& plan, const StateFile& state) {
  if (pasta_.empty()) return UniqueFd();
  const bool is_allocated = plan.ids.source == plan::IdSource::kAllocated;
  auto connected = StartPasta(pasta_, state.pid, is_allocated ? state.id_maps : plan.ids.maps);
  if (connected || !may_lack_network_) return connected;
  Note("no network: " + connected.error().ToString());
  return UniqueFd();
}

Result<int> Doing::RunSandbox(const plan::SandboxPlan& plan) {
  const Aftercare aftercare = TRY(Aftercare::Begin(runtime_, id_, resolv_conf_));
  const HeldSignals signals = TRY(HeldSignals::Hold());
  CreationRequest request = {.runtime = runtime_, .plan = plan, .facts = facts_};
  UniqueFd console;
  if (plan.process.terminal) {
    kernel::SocketPair sockets = TRY(kernel::PacketSocketPair());
    console = std::move(sockets.one);
    request.console_socket = std::move(sockets.other);
  }
  CreatedContainer created = TRY(MakeContainer(std::move(request)));
  const auto run = [&]() -> Result<kernel::ExitStatus> {
    UniqueFd master;
    if (console) master = TRY(ReceiveConsole(console.Get()));
    const UniqueFd network = TRY(Connect(plan, created.state));
    TRY(Start(runtime_, id_));
    created.mounts.Reset();
    return Foreground(created.pidfd, signals, master, plan.process.terminal_streams);
  };
  auto status = run();
  const auto deleted = Delete(runtime_, id_, /*force=*/true);
  if (!deleted) runtime_.log->Warn("delete " + id_ + ": " + deleted.error().ToString());
  return TRY(std::move(status)).ShellCode();
}

Result<int> Doing::Run() {
  id_ = options_.name.empty() ? MadeUpName() : options_.name;
  TRY(CheckId(id_));
  TRY(CheckStreams());
  facts_ = TRY(GatherHostFacts());
  ChooseCgroup();
  invoker_ = TRY(FindInvoker());
  TRY(ReadPolicy());
  TRY(ChooseNetwork());
  const plan::SandboxPlan plan = TRY(Plan());
  if (options_.is_verbose) TRY(kernel::WriteAll(STDERR_FILENO, ToString(plan)));
  if (const int fault = FaultOfCommand(options_.command.front(), plan.process.cwd); fault != 0) {
    runtime_.log->Error(
        "do: " + Quoted(options_.command.front()) +
        (fault == kCommandNotFound ? ": no such command" : ": can not be executed"));
    return fault;
  }
  return RunSandbox(plan);
}

}  // namespace

Result<int> Do(const Runtime& runtime, const DoOptions& options) {
  return Doing(runtime, options).Run();
}

}  // namespace agentbox::container
