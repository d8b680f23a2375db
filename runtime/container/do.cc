#include "container/do.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <utility>
#include <variant>

#include "base/strings.h"
#include "container/aftercare.h"
#include "container/caller.h"
#include "container/covered_files.h"
#include "container/creation.h"
#include "container/environment.h"
#include "container/etc_files.h"
#include "container/held_directories.h"
#include "container/host_facts.h"
#include "container/host_survey.h"
#include "container/host_view.h"
#include "container/inputs.h"
#include "container/invoker.h"
#include "container/os_release.h"
#include "container/pasta.h"
#include "container/streams.h"
#include "container/template_freeze.h"
#include "container/template_store.h"
#include "container/terminal.h"
#include "kernel/file.h"
#include "kernel/host.h"
#include "kernel/path.h"
#include "kernel/signals.h"
#include "kernel/socket.h"
#include "kernel/tty.h"
#include "kernel/user.h"
#include "plan/mount_modes.h"
#include "review/store.h"
#include "review/summary.h"

namespace agentbox::container {
namespace {

using policy::MountMode;
using policy::NetworkMode;

constexpr const char* kShadow = "etc/shadow";
constexpr const char* kUsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

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
  Result<void> ChooseTemplate();
  Result<void> FreezeLayer(const plan::SandboxPlan& plan, const StateFile& state) const;
  Result<void> ChooseNetwork();
  void ChooseCgroup();
  Result<HostView> View();
  std::vector<std::string> Environment(const std::string& cwd);
  Result<plan::SandboxPlan> Plan();
  Result<void> PlanView(HostView view, plan::SandboxPlan& plan) const;
  Result<void> PlanNameServers(plan::SandboxPlan& plan);
  Result<int> RunSandbox(const plan::SandboxPlan& plan);
  Result<PastaNetwork> Connect(const plan::SandboxPlan& plan, const StateFile& state);
  Result<void> NoteReview(const StateFile& state) const;
  void Note(const std::string& text) const;

  Runtime runtime_;
  const DoOptions& options_;
  std::string id_;
  Invoker invoker_;
  policy::Policy policy_;
  plan::HostFacts facts_;
  std::string image_;        // DoOptions::image, without symlinks
  std::string resolv_conf_;  // a file that goes with the sandbox; empty: none
  std::string pasta_;        // the program; empty: no network by it
  bool may_lack_network_ = false;
};

std::string MadeUpName() {
  struct timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return "do-" + std::to_string(::getpid()) + "-" + std::to_string(now.tv_nsec);
}

// Nothing is there any more: what an engine mounts for one container is gone with it, but for an
// empty directory.
bool IsGone(const std::string& image) {
  const auto directory = kernel::Open(AT_FDCWD, image, O_RDONLY | O_DIRECTORY);
  if (!directory) return directory.error().Errno() == ENOENT;
  const auto names = kernel::ListDirectory(directory->Get());
  return names && names->empty();
}

// Why a sandbox on `image`, empty for this system's root file system, does not start from the
// template, and what does.
std::string OfOtherImage(const TemplateRecord& record, const std::string& image) {
  const std::string start = "template " + Quoted(record.name) + " was made on ";
  if (record.image.empty()) return start + "this system's root file system, not on " + image;
  const bool is_gone = IsGone(record.image);
  const std::string made_on = start + record.image + (is_gone ? ", which is gone" : "");
  if (image.empty()) {
    return made_on + ": containers with that root file system start from it, by the policy's " +
           "\"template\"";
  }
  if (!is_gone) return made_on + ", not on " + image;
  return made_on + ": agentbox template export " + record.name +
         " FILE; agentbox template import NEW FILE --image " + image;
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

// Of the mounts of the view only temporary directories without root are in memory by themselves:
// they are no layers, and count in no limit of these.
void LimitMemory(std::uint64_t size_limit, plan::MountStep& step) {
  auto* const filesystem = std::get_if<plan::FilesystemMount>(&step.what);
  if (filesystem == nullptr || filesystem->type != "tmpfs" || size_limit == 0) return;
  filesystem->options.emplace_back("size", std::to_string(size_limit));
}

void Doing::Note(const std::string& text) const {
  if (options_.is_quiet) return;
  (void)kernel::WriteAll(STDERR_FILENO, "agentbox: note: " + text + "\n");
}

Result<void> Doing::ReadPolicy() {
  policy_ = TRY(container::ReadPolicy(runtime_));
  if (options_.profile) {
    policy_ = policy::WithProfile(std::move(policy_), *options_.profile, "--profile");
  }
  // Here the layer is the sandbox's only one: there is no engine whose layer could be written to.
  policy_.rootfs = policy::RootfsMode::kThrowaway;
  if (options_.workspace) policy_.workspace = *options_.workspace;
  if (options_.disk_limit) {
    policy_.disk_limit = options_.disk_limit;
    policy_.origins["limits.disk"] = "--disk";
  }
  for (const std::string& path : options_.hide)
    policy_.hidden_paths.push_back(path);
  for (const std::string& path : options_.show)
    policy_.shown_paths.push_back(path);
  return {};
}

// With the errors that are better had before the command has run.
Result<void> Doing::ChooseTemplate() {
  const bool is_setup = !options_.freeze_as.empty();
  policy_.template_name = options_.template_name;
  if (!is_setup && options_.template_name.empty()) policy_.template_name = policy_.do_template;
  if (is_setup) {
    policy_.scratch = policy::ScratchKind::kDisk;
    policy_.workspace = policy::MountMode::kThrowaway;
  }
  if (!options_.image.empty()) image_ = TRY_WITHIN(kernel::RealPath(options_.image), "--image");
  const std::string& name = policy_.template_name;
  if (!is_setup && name.empty()) return {};
  if (IsUnprivileged(facts_) && image_.empty()) {
    const std::string why = "without root no layer lies over the root file system, and no template";
    if (is_setup || !options_.template_name.empty())
      return Fail(
          Error(ErrorKind::kUnsupported,
                why + " under it: run it as root" +
                    (is_setup ? ", or on a root file system of your own, by --image" : "")));
    Note("do.template: " + why);
    policy_.template_name.clear();
    return {};
  }
  const TemplateStore store(TemplateDirectory(runtime_, policy_, facts_));
  if (is_setup) TRY(store.CheckFree(options_.freeze_as));
  if (name.empty()) return {};
  const TemplateRecord record = TRY(store.Read(name));
  if (record.image == image_) return {};
  return Fail(Error(ErrorKind::kWrongState, OfOtherImage(record, image_)));
}

Result<void> Doing::FreezeLayer(const plan::SandboxPlan& plan, const StateFile& state) const {
  if (options_.freeze_as.empty()) return {};
  for (const std::string& path : TRY(WrittenBeside(plan)))
    Note("what was written below " + path +
         " is no part of the template: it is a mount of its own");
  const TemplateStore store(TemplateDirectory(runtime_, policy_, facts_));
  TemplateRecord record = {.name = options_.freeze_as,
                           .parent = policy_.template_name,
                           .image = image_,
                           .system = SystemOf(image_),
                           .command = options_.command,
                           .maps = state.id_maps,
                           .uses_user_xattrs = !facts_.in_initial_user_namespace};
  FreezeRequest request = {.store = store,
                           .record = std::move(record),
                           .scratch = state.scratch_directory,
                           .emptied = plan.rootfs.emptied};
  for (const std::string& path : TRY(WrittenToEmptied(request)))
    Note("what was written below " + path +
         " is no part of the template: it is empty at the start of each sandbox");
  TRY(Freeze(std::move(request)));
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
  if (!image_.empty()) return HostView{.cwd = "/"};
  const std::string scratch = ScratchDirectory(runtime_, policy_, facts_, id_);
  const HostSurvey survey = TRY(SurveyHost({.policy = policy_,
                                            .facts = facts_,
                                            .invoker = invoker_,
                                            .cwd = options_.cwd,
                                            .to_hide = {DirectoryOf(scratch), runtime_.root}}));
  for (const std::string& warning : survey.warnings)
    runtime_.log->Warn(warning);
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
  if (!image_.empty()) SetVariable(variables, "PATH", kUsualPath);
  if (!invoker_.is_behind_sudo && image_.empty()) return variables;
  std::erase_if(variables, [](const std::string& one) { return one.starts_with("SUDO_"); });
  SetVariable(variables, "HOME", invoker_.home);
  SetVariable(variables, "USER", invoker_.name);
  SetVariable(variables, "LOGNAME", invoker_.name);
  SetVariable(variables, "SHELL", invoker_.shell);
  return variables;
}

// What runtime-spec can not say: the host's file systems, and how the command is run.
Result<void> Doing::PlanView(HostView view, plan::SandboxPlan& plan) const {
  plan.rootfs.hidden = std::move(view.hidden);
  if (invoker_.uid == 0 && std::ranges::count(plan.rootfs.hidden, kShadow) != 0) {
    const std::string passwd = TRY(kernel::ReadFile(AT_FDCWD, "/etc/passwd"));
    plan.rootfs.stand_ins.push_back({kShadow, ShadowFile(passwd)});
  }
  if (!plan.rootfs.templates.empty()) {
    std::ranges::move(view.hidden_beneath, std::back_inserter(plan.rootfs.hidden));
  }
  plan.rootfs.emptied = std::move(view.emptied);
  plan.rootfs.readonly = view.readonly;
  plan.rootfs.is_whole_tree = view.is_whole_tree;
  plan.rootfs.is_frozen = !options_.freeze_as.empty();
  for (plan::MountStep& step : view.mounts) {
    LimitMemory(plan.scratch.size_limit, step);
    plan.mounts.push_back(std::move(step));
  }
  // A mount point is in what is mounted above it.
  std::ranges::stable_sort(plan.mounts, {}, &plan::MountStep::destination);
  for (plan::MaskedPath& masked : view.masked)
    plan.masked_paths.masked.push_back(std::move(masked));
  plan.masked_paths.denied = std::move(view.denied);
  plan.process.terminal_streams = TerminalStreams();
  plan.process.is_child_of_init = true;
  return {};
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
  const bool is_as_on_host = own == text && image_.empty();
  if (is_as_on_host && !plan::IsAtOrBelow(*target, "/run")) return {};

  const std::string& scratch = plan.scratch.directory;
  TRY(kernel::MakeDirectories(DirectoryOf(scratch), S_IRWXU));
  const UniqueFd directory =
      TRY(kernel::Open(AT_FDCWD, DirectoryOf(scratch), O_RDONLY | O_DIRECTORY));
  const std::string name = "resolv.conf." + scratch.substr(scratch.rfind('/') + 1);
  resolv_conf_ = DirectoryOf(scratch) + "/" + name;
  TRY(kernel::ReplaceFile(directory.Get(), name, own, 0644));
  plan::MountStep step = {.origin = "network", .destination = *target};
  if (!image_.empty()) step.destination = "/etc/resolv.conf";
  step.what = plan::BindMount{.source = resolv_conf_};
  step.attributes.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  plan.mounts.push_back(std::move(step));
  return {};
}

Result<plan::SandboxPlan> Doing::Plan() {
  HostView view = TRY(View());
  for (const std::string& note : view.notes)
    Note(note);
  const auto denied = std::ranges::count_if(view.denied, [&view](const plan::DeniedPath& path) {
    return plan::IsAtOrBelow(PathOf(path), view.cwd);
  });
  if (denied > 0) {
    Note("hidden here: " + std::to_string(denied) + (denied == 1 ? " file" : " files") +
         " that the policy denies (--verbose lists them)");
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
  if (!image_.empty()) inputs.config.root->path = image_;
  if (runtime_.cgroup.disabled) {
    std::erase_if(inputs.config.mounts,
                  [](const spec::Mount& mount) { return mount.type == "cgroup"; });
  }
  plan::SandboxPlan plan = TRY(MakePlan(runtime_, id_, inputs));
  if (options_.name.empty()) plan.review.name = TRY(review::MadeUpName());
  TRY(PlanView(std::move(view), plan));
  TRY(HoldDirectories(plan));
  TRY(KeepCovers(policy_, plan));
  if (policy_.workspace == MountMode::kThrowaway && options_.freeze_as.empty()) {
    Note("what is written here is thrown away (--review keeps it apart, --direct lets it through)");
  } else if (policy_.workspace == MountMode::kReview && plan::CountKept(plan.mounts) == 0) {
    Note("what is written here is thrown away: no layer of " + cwd + " is kept");
  }
  TRY(PlanNameServers(plan));
  return plan;
}

// Empty where there is nothing to connect, or where it can not be and that was not asked for.
Result<PastaNetwork> Doing::Connect(const plan::SandboxPlan& plan, const StateFile& state) {
  if (pasta_.empty()) return PastaNetwork();
  const bool is_allocated = plan.ids.source == plan::IdSource::kAllocated;
  auto connected = StartPasta(pasta_, state.pid, is_allocated ? state.id_maps : plan.ids.maps);
  if (connected || !may_lack_network_) return connected;
  Note("no network: " + connected.error().ToString());
  return PastaNetwork();
}

// After the sandbox is gone: what of it is left, and what to do with it.
Result<void> Doing::NoteReview(const StateFile& state) const {
  if (state.review.empty() || options_.is_quiet) return {};
  const auto left = review::Open(state.review_base, state.review, review::Access::kLook);
  if (!left && left.error().Kind() == ErrorKind::kNotFound) return {};
  if (!left) return Fail(left.error());
  const std::size_t count = review::CountChanges(*left);
  const std::string tool = invoker_.is_behind_sudo ? "sudo agentbox " : "agentbox ";
  Note(std::to_string(count) + (count == 1 ? " change waits" : " changes wait") +
       " for review: " + tool + "diff " + state.review + ", " + tool + "apply " + state.review +
       ", " + tool + "discard " + state.review);
  return {};
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
    const PastaNetwork network = TRY(Connect(plan, created.state));
    TRY(Start(runtime_, id_));
    created.mounts.Reset();
    return Foreground(created.pidfd, signals, master, plan.process.terminal_streams);
  };
  auto status = run();
  Result<void> frozen;
  if (status && status->ShellCode() == 0) frozen = FreezeLayer(plan, created.state);
  const auto deleted = Delete(runtime_, id_, /*force=*/true);
  if (!deleted) runtime_.log->Warn("delete " + id_ + ": " + deleted.error().ToString());
  TRY(std::move(frozen));
  const auto noted = NoteReview(created.state);
  if (!noted) runtime_.log->Warn(noted.error().ToString());
  return TRY(std::move(status)).ShellCode();
}

Result<int> Doing::Run() {
  id_ = options_.name.empty() ? MadeUpName() : options_.name;
  TRY(CheckId(id_));
  TRY(SecureStreams());
  facts_ = TRY(GatherHostFacts());
  ChooseCgroup();
  invoker_ = TRY(FindInvoker());
  // What a template is for is root's to install, also behind sudo(8); and in an image, where a user
  // is its root, the host's users are unknown.
  const bool is_setup = !options_.freeze_as.empty();
  if (is_setup && (invoker_.is_behind_sudo || !options_.image.empty())) {
    invoker_ = {.name = "root", .home = "/root", .shell = "/bin/sh"};
  }
  TRY(ReadPolicy());
  TRY(ChooseTemplate());
  TRY(ChooseNetwork());
  const plan::SandboxPlan plan = TRY(Plan());
  if (options_.is_verbose) TRY(kernel::WriteAll(STDERR_FILENO, ToString(plan)));
  const int fault = image_.empty() ? FaultOfCommand(options_.command.front(), plan.process.cwd) : 0;
  if (fault != 0) {
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
