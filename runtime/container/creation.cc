#include "container/creation.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "apply/hooks.h"
#include "apply/scratch.h"
#include "base/strings.h"
#include "cgroups/cgroup.h"
#include "container/clock.h"
#include "container/dismantle.h"
#include "container/filters.h"
#include "container/id_ranges.h"
#include "container/inputs.h"
#include "container/kept_layers.h"
#include "container/os_release.h"
#include "container/pid_file.h"
#include "container/template_store.h"
#include "kernel/file.h"
#include "kernel/namespaces.h"
#include "kernel/socket.h"
#include "launch/joined_namespaces.h"
#include "launch/launcher.h"
#include "review/store.h"

namespace agentbox::container {
namespace {

std::string OwnerName(std::uint32_t uid) {
  if (uid == 0) return "root";  // spares every start by an engine the loading of NSS
  const struct passwd* const user = ::getpwuid(uid);
  return user != nullptr ? user->pw_name : std::to_string(uid);
}

// A copy for later commands; lost with a half-made container, so not for the disk's safety.
Result<void> KeepCopy(const StateDirectory& directory,
                      const std::string& name,
                      const std::string& text) {
  const UniqueFd file =
      TRY(kernel::Open(directory.Get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  TRY_WITHIN(kernel::WriteAll(file.Get(), text), name);
  return {};
}

bool HasLateSteps(const plan::SandboxPlan& plan) {
  const bool has_listener = std::ranges::any_of(
      plan.seccomp.filters,
      [](const plan::SeccompFilter& filter) { return !filter.listener_path.empty(); });
  return has_listener || !plan.hooks.poststart.empty() || !plan.hooks.poststop.empty();
}

// One creation: its members are made in order, and unmade unless all succeeds.
class Creation {
 public:
  Creation(CreationRequest request, StateDirectory directory)
      : request_(std::move(request)), plan_(request_.plan), directory_(std::move(directory)) {}
  Creation(const Creation&) = delete;
  Creation& operator=(const Creation&) = delete;
  ~Creation();

  Result<CreatedContainer> Make();

 private:
  void LogPlan() const;
  Result<void> Record();
  Result<void> OpenNamespaces();
  Result<void> MakeCgroup();
  Result<launch::LaunchRequest> PrepareLaunch();
  Result<void> Launch(launch::Launcher& launcher);
  Result<void> ShareIds(const abi::IdMaps& maps);
  Result<void> KeepLayers(const apply::SandboxIds& ids);
  Result<void> RunHostHooks(const launch::Launcher& launcher) const;
  Result<void> RecordCreated(const launch::Launcher& launcher);

  CreationRequest request_;
  const plan::SandboxPlan& plan_;
  StateDirectory directory_;
  StateFile state_;
  apply::KeptLayers kept_;
  launch::JoinedNamespaces joined_;
  std::unique_ptr<cgroups::Cgroup> cgroup_;
  bool is_joining_ = false;  // a user namespace that is there already
  bool is_complete_ = false;
};

Creation::~Creation() {
  if (is_complete_) return;
  const auto dismantled = Dismantle(directory_, state_);
  if (!dismantled) {
    // What stays is found by `delete --force` and `gc` through the state directory.
    request_.runtime.log->Warn("create " + plan_.id +
                               ": clean-up: " + dismantled.error().ToString());
    return;
  }
  const auto removed = directory_.Remove();
  if (!removed) request_.runtime.log->Warn(removed.error().ToString());
}

void Creation::LogPlan() const {
  const Log& log = *request_.runtime.log;
  if (!log.HasDebug()) return;
  const std::string text = plan::ToString(plan_);
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty()) log.Debug(line);
  }
}

Result<CreatedContainer> Creation::Make() {
  LogPlan();
  TRY(OpenNamespaces());
  TRY(Record());
  if (plan_.ids.source == plan::IdSource::kAllocated && !joined_.user_namespace) {
    const std::uint32_t first = TRY(AllocateIdRange(directory_.Path()));
    state_.id_maps = plan::MapsOnRange(plan_.ids, first);
  }
  // Those below it stay as long as it does.
  if (!state_.template_use.empty())
    TRY(HoldTemplate(plan_.rootfs.templates.front(), state_.template_use, directory_.Path()));
  TRY_WITHIN(apply::MakeScratch(plan_.scratch),
             "throwaway layers in " + plan_.scratch.directory +
                 " (the policy key scratch.directory names another place)");
  TRY(MakeCgroup());
  // Destroyed before Creation: init is gone before what it uses is removed.
  launch::Launcher launcher(TRY(PrepareLaunch()));
  TRY(Launch(launcher));
  return CreatedContainer{state_, launcher.TakePidfd(), launcher.TakeMounts()};
}

// What will be made is written down before it is: a creation that is killed leaves nothing that can
// not be found.
Result<void> Creation::Record() {
  state_.oci_version = plan_.oci_version;
  state_.id = plan_.id;
  state_.bundle = plan_.bundle;
  state_.rootfs = plan_.rootfs.path;
  state_.system = SystemOf(plan_.rootfs.path);
  state_.created = NowInUtc();
  state_.owner = OwnerName(request_.facts.euid);
  state_.annotations = plan_.annotations;
  state_.scratch_directory = plan_.scratch.directory;
  const auto& templates = plan_.rootfs.templates;
  if (!templates.empty())
    state_.template_use = TemplateUse(templates.front(), plan_.scratch.directory);
  state_.has_late_steps = HasLateSteps(plan_);
  cgroups::Location location = TRY(cgroups::Locate(plan_.cgroup, request_.facts));
  // A recorded cgroup is ours to kill.
  TRY(cgroups::Open(location)->CheckUnused());
  state_.cgroup = std::move(location);
  if (plan_.resctrl) {
    const cgroups::ResctrlLocation resctrl = cgroups::LocateResctrl(*plan_.resctrl, plan_.id);
    TRY(cgroups::CheckResctrlUnused(resctrl));
    state_.resctrl = resctrl;
  }
  TRY(directory_.Write(state_));
  if (request_.config_text.empty()) return {};
  TRY(KeepCopy(directory_, kKeptConfig, request_.config_text));
  return KeepCopy(directory_, kKeptPolicy, request_.policy_text);
}

Result<void> Creation::OpenNamespaces() {
  joined_ = TRY(launch::OpenJoinedNamespaces(plan_.namespaces));
  is_joining_ = static_cast<bool>(joined_.user_namespace);
  return {};
}

Result<void> Creation::MakeCgroup() {
  cgroup_ = cgroups::Open(state_.cgroup);
  auto created = cgroup_->Create(plan_.cgroup);
  // On an error what was made of it is gone already, and the rest is another's.
  state_.cgroup = created ? cgroup_->Where() : cgroups::Location();
  TRY(std::move(created));
  if (plan_.resctrl) TRY(cgroups::MakeResctrl(state_.resctrl, *plan_.resctrl));
  return {};
}

Result<launch::LaunchRequest> Creation::PrepareLaunch() {
  init::ProcessExtras extras;
  extras.filters = TRY(CompileFilters(plan_.seccomp));
  extras.last_capability = request_.facts.last_capability;
  extras.preserve_fds = request_.preserve_fds;
  if (request_.new_keyring) extras.keyring = "_ses." + plan_.id;
  UniqueFd listener = TRY(kernel::ListenAt(directory_.Get(), kStartSocket));
  return launch::LaunchRequest{
      .log = *request_.runtime.log,
      .plan = plan_,
      .in_initial_user_namespace = request_.facts.in_initial_user_namespace,
      .cgroup = *cgroup_,
      .joined = std::move(joined_),
      .maps = plan_.ids.source == plan::IdSource::kAllocated ? state_.id_maps : plan_.ids.maps,
      .start_listener = std::move(listener),
      .console_socket = std::move(request_.console_socket),
      .extras = std::move(extras)};
}

Result<void> Creation::Launch(launch::Launcher& launcher) {
  TRY(launcher.CloneInit());
  TRY(cgroups::JoinResctrl(state_.resctrl, launcher.Pid()));
  TRY(ShareIds(launcher.Ids().maps));
  TRY(KeepLayers(launcher.Ids()));
  TRY(launcher.MakeMounts(kept_));
  TRY(launcher.AwaitHooks());
  TRY(RunHostHooks(launcher));
  TRY(launcher.HooksRan());
  TRY(launcher.AwaitReady());
  TRY(RecordCreated(launcher));
  TRY(launcher.Release());
  is_complete_ = true;
  return {};
}

// The range of a pod's user namespace stays taken as long as one of its containers is there.
Result<void> Creation::ShareIds(const abi::IdMaps& maps) {
  if (!is_joining_) return {};
  const std::uint32_t root = abi::HostId(maps.uids, 0);
  if (root == abi::kOverflowId) return {};
  return ShareIdRange(root, directory_.Path());
}

// Nobody's between the two: what has a record and no sandbox is found by `gc`.
Result<void> Creation::KeepLayers(const apply::SandboxIds& ids) {
  kept_ = TRY(container::KeepLayers(plan_, ids, request_.runtime.root, state_));
  if (state_.review.empty()) return {};
  return directory_.Write(state_);
}

Result<void> Creation::RunHostHooks(const launch::Launcher& launcher) const {
  const apply::HookSurroundings surroundings = {
      .state = plan::HookState(plan_, "creating", launcher.Pid()),
      .directory = plan_.bundle,
      .mount_namespace = launcher.HostMountNamespace().Get()};
  TRY(apply::RunHooks(plan_.hooks.prestart, surroundings));
  return apply::RunHooks(plan_.hooks.create_runtime, surroundings);
}

Result<void> Creation::RecordCreated(const launch::Launcher& launcher) {
  const auto stat = TRY(kernel::ReadProcessStat(launcher.Pid()));
  if (!stat) return Fail(Error::FromErrno(ESRCH).Within("init"));
  state_.pid = launcher.Pid();
  state_.pid_start_time = stat->start_time;
  state_.id_maps = launcher.Ids().maps;
  state_.is_created = true;
  state_.cgroup = cgroup_->Where();
  TRY(directory_.Write(state_));
  return WritePidFile(request_.pid_file, launcher.Pid());
}

}  // namespace

Result<CreatedContainer> MakeContainer(CreationRequest request) {
  TRY(CheckId(request.plan.id));
  for (const std::string& warning : request.plan.warnings)
    request.runtime.log->Warn(warning);
  StateDirectory directory = TRY(StateDirectory::Make(request.runtime.root, request.plan.id));
  Creation creation(std::move(request), std::move(directory));
  return creation.Make();
}

}  // namespace agentbox::container
