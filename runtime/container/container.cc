#include "container/container.h"

#include <csignal>
#include <memory>
#include <utility>

#include "cgroups/cgroup.h"
#include "container/creation.h"
#include "container/dismantle.h"
#include "container/inputs.h"
#include "container/lifecycle.h"
#include "kernel/process.h"

namespace agentbox::container {

Result<void> Create(const Runtime& runtime, const std::string& id, const CreateOptions& options) {
  TRY(CheckId(id));
  Inputs inputs = TRY(ReadInputs(runtime, options.bundle));
  plan::SandboxPlan plan = TRY(MakeFullPlan(runtime, id, inputs));
  AddListenFds(options, plan);
  TRY(CheckConsoleSocket(plan.process.terminal, options.console_socket, /*detached=*/true));
  CreationRequest request = {.runtime = runtime, .plan = plan, .facts = inputs.facts};
  TRY(FillRequest(options, inputs, request));
  TRY(MakeContainer(std::move(request)));
  return {};
}

Result<void> Start(const Runtime& runtime, const std::string& id) {
  const StateDirectory directory = TRY(StateDirectory::Open(runtime.root, id));
  return StartLocked(runtime, directory);
}

Result<void> Kill(const Runtime& runtime, const std::string& id, int signal, bool all) {
  const StateDirectory directory = TRY(StateDirectory::Open(runtime.root, id));
  const StateFile state = TRY(directory.Read());
  if (all) {
    const std::unique_ptr<cgroups::Cgroup> cgroup = cgroups::Open(state.cgroup);
    if (cgroup->Where().driver != plan::CgroupDriver::kNone) return cgroup->Kill(signal);
  }
  TRY(CheckAllowed(Operation::kKill, state));
  const UniqueFd init = TRY(OpenInit(state));
  TRY(kernel::SendSignal(init, signal));
  // A process that is paused on v1 ends only when it is let go on.
  const std::unique_ptr<cgroups::Cgroup> cgroup = cgroups::Open(state.cgroup);
  if (signal == SIGKILL && TRY(cgroup->IsFrozen())) return cgroup->Thaw();
  return {};
}

Result<void> Delete(const Runtime& runtime, const std::string& id, bool force) {
  TRY(CheckId(id));
  auto directory = StateDirectory::Open(runtime.root, id);
  if (!directory) {
    if (force && directory.error().Kind() == ErrorKind::kNotFound) return {};
    return Fail(directory.error());
  }
  return DeleteLocked(runtime, *directory, force);
}

Result<void> Pause(const Runtime& runtime, const std::string& id) {
  const StateDirectory directory = TRY(StateDirectory::Open(runtime.root, id));
  const StateFile state = TRY(directory.Read());
  TRY(CheckAllowed(Operation::kPause, state));
  const std::unique_ptr<cgroups::Cgroup> cgroup = TRY(OpenCgroup(state));
  return cgroup->Freeze();
}

Result<void> Resume(const Runtime& runtime, const std::string& id) {
  const StateDirectory directory = TRY(StateDirectory::Open(runtime.root, id));
  const StateFile state = TRY(directory.Read());
  TRY(CheckAllowed(Operation::kResume, state));
  const std::unique_ptr<cgroups::Cgroup> cgroup = TRY(OpenCgroup(state));
  return cgroup->Thaw();
}

Result<ContainerView> View(const Runtime& runtime, const std::string& id) {
  const StateDirectory directory = TRY(StateDirectory::OpenUnlocked(runtime.root, id));
  ContainerView view;
  view.state = TRY(directory.Read());
  view.status = TRY(StatusOf(view.state));
  return view;
}

Result<std::vector<ContainerView>> List(const Runtime& runtime) {
  std::vector<ContainerView> views;
  for (const std::string& id : TRY(ListIds(runtime.root))) {
    auto view = View(runtime, id);
    if (view) {
      views.push_back(*std::move(view));
    } else if (view.error().Kind() != ErrorKind::kNotFound) {
      runtime.log->Warn("list: " + id + ": " + view.error().ToString());
    }
  }
  return views;
}

Result<std::vector<pid_t>> Processes(const Runtime& runtime, const std::string& id) {
  const StateDirectory directory = TRY(StateDirectory::OpenUnlocked(runtime.root, id));
  const StateFile state = TRY(directory.Read());
  const std::unique_ptr<cgroups::Cgroup> cgroup = TRY(OpenCgroup(state));
  return cgroup->Processes();
}

Result<void> Update(const Runtime& runtime,
                    const std::string& id,
                    const spec::Resources& resources,
                    const std::vector<std::string>& schemata) {
  const StateDirectory directory = TRY(StateDirectory::Open(runtime.root, id));
  const StateFile state = TRY(directory.Read());
  const Status status = TRY(StatusOf(state));
  if (status == Status::kStopped) {
    return Fail(Error(ErrorKind::kWrongState, "cannot update a container that is stopped"));
  }
  const std::unique_ptr<cgroups::Cgroup> cgroup = TRY(OpenCgroup(state));
  const plan::ResourcesPlan changes = TRY(plan::PlanResources(resources, state.cgroup.mode));
  for (const std::string& warning : changes.warnings)
    runtime.log->Warn(warning);
  if (!schemata.empty()) TRY(cgroups::UpdateResctrl(state.resctrl, schemata));
  return cgroup->Update(changes);
}

Result<plan::SandboxPlan> Plan(const Runtime& runtime,
                               const std::string& id,
                               const std::string& bundle) {
  const Inputs inputs = TRY(ReadInputs(runtime, bundle));
  return MakeFullPlan(runtime, id, inputs);
}

}  // namespace agentbox::container
