#include "cgroups/file_cgroup.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "base/strings.h"
#include "cgroups/device_filter.h"
#include "cgroups/stats.h"
#include "kernel/file.h"
#include "kernel/process.h"

namespace agentbox::cgroups {
namespace {

// For killed processes to leave: one that hangs in the kernel is reported, not waited for.
constexpr std::chrono::milliseconds kRemovalPatience = std::chrono::seconds(10);

bool IsDenied(const Error& error) {
  return error.Errno() == EACCES || error.Errno() == EPERM || error.Errno() == EROFS;
}

bool IsGone(const Error& error) {
  return error.Errno() == ENOENT || error.Errno() == ENODEV;
}

// One for each directory, cgroup2's first: whoever leaves that has left the others.
std::vector<Hierarchy> Open(const std::map<std::string, std::string>& directories) {
  std::vector<Hierarchy> hierarchies;
  for (const auto& [controller, path] : directories) {
    const auto same = std::find_if(hierarchies.begin(),
                                   hierarchies.end(),
                                   [&path = path](const Hierarchy& h) { return h.path == path; });
    Hierarchy& hierarchy = same != hierarchies.end() ? *same : hierarchies.emplace_back();
    hierarchy.path = path;
    if (!controller.empty()) hierarchy.controllers.push_back(controller);
  }
  return hierarchies;
}

Result<void> CheckEmpty(const Hierarchy& hierarchy) {
  const std::vector<pid_t> pids = TRY(ReadProcesses(hierarchy.directory.Get()));
  if (pids.empty()) return {};
  return Fail(Error(
      ErrorKind::kAlreadyExists,
      hierarchy.path + " holds processes of another (pid " + std::to_string(pids.front()) + ")"));
}

// The files by which the owner of a delegated cgroup works in it (cgroup-v2.rst, "Delegation";
// /sys/kernel/cgroup/delegate). On v1 there are two.
std::vector<std::string> DelegatedFiles(const Hierarchy& hierarchy) {
  if (!hierarchy.IsUnified()) return {"cgroup.procs", "tasks"};
  std::vector<std::string> files;
  const auto text = kernel::ReadFile(AT_FDCWD, "/sys/kernel/cgroup/delegate");
  if (!text) return {"cgroup.procs", "cgroup.threads", "cgroup.subtree_control"};
  for (const std::string_view name : Split(Trimmed(*text), '\n'))
    files.emplace_back(name);
  return files;
}

}  // namespace

FileCgroup::FileCgroup(Location location) {
  Move(std::move(location));
}

void FileCgroup::Move(Location location) {
  location_ = std::move(location);
  hierarchies_ = Open(location_.directories);
}

Result<void> FileCgroup::CheckUnused() {
  for (Hierarchy& hierarchy : hierarchies_) {
    const auto directory = OpenHierarchy(hierarchy);
    if (!directory && directory.error().Errno() == ENOENT) continue;
    if (!directory) return Fail(directory.error());
    TRY_WITHIN(CheckEmpty(hierarchy), "cgroup");
  }
  return {};
}

Result<void> FileCgroup::Create(const plan::CgroupPlan& plan) {
  MadeDirectories made;
  auto result = Make(made);
  if (!result && plan.is_optional && IsDenied(result.error())) {
    Move(Location());
    return {};
  }
  if (!result && IsDenied(result.error()) && !plan.resources.writes.empty()) {
    result = Fail(std::move(result).error().Within(
        "limits need a cgroup of the container's own (--cgroup-manager disabled goes without)"));
  }
  if (!result) return Fail(std::move(result).error().Within("cgroup (" + plan.origin + ")"));
  TRY(Prepare());
  TRY(ApplyWrites(hierarchies_, plan.resources.writes));
  if (Unified() != nullptr && !plan.resources.devices.empty()) {
    TRY_WITHIN(SetDeviceFilter(Unified()->directory.Get(), plan.resources.devices),
               "linux.resources.devices");
  }
  made.Keep();
  return {};
}

Result<void> FileCgroup::Make(MadeDirectories& made) {
  for (Hierarchy& hierarchy : hierarchies_) {
    const bool is_new = TRY(made.Make(hierarchy.path));
    TRY(OpenHierarchy(hierarchy));
    if (!is_new) TRY(CheckEmpty(hierarchy));
  }
  return {};
}

Result<void> FileCgroup::Delegate(uid_t uid, gid_t gid) {
  for (Hierarchy& hierarchy : hierarchies_) {
    const int directory = TRY(OpenHierarchy(hierarchy));
    TRY_WITHIN(kernel::ChangeOwner(directory, "", uid, gid), hierarchy.path);
    for (const std::string& file : DelegatedFiles(hierarchy)) {
      auto changed = kernel::ChangeOwner(directory, file, uid, gid);
      if (!changed && changed.error().Errno() != ENOENT) return changed;
    }
  }
  return {};
}

Result<UniqueFd> FileCgroup::CloneTarget() {
  if (Unified() == nullptr) return UniqueFd();
  return OpenDirectory(Unified()->path);
}

Result<UniqueFd> FileCgroup::CloneTargetOf(pid_t pid) {
  if (Unified() == nullptr) return UniqueFd();
  TRY(OpenHierarchy(*Unified()));
  return FindProcess(Unified()->directory, pid);
}

Result<std::vector<UniqueFd>> FileCgroup::JoinFiles() {
  std::vector<UniqueFd> files;
  for (Hierarchy& hierarchy : hierarchies_) {
    if (hierarchy.IsUnified()) continue;
    const int directory = TRY(OpenHierarchy(hierarchy));
    files.push_back(TRY_WITHIN(kernel::Open(directory, "tasks", O_WRONLY), hierarchy.path));
  }
  return files;
}

Result<void> FileCgroup::Adopt(pid_t /*pid*/, const plan::CgroupPlan& /*plan*/) {
  return {};
}

Result<void> FileCgroup::Update(const plan::ResourcesPlan& resources) {
  TRY(ApplyWrites(hierarchies_, resources.writes));
  if (resources.devices.empty() || Unified() == nullptr) return {};
  const int directory = TRY(OpenHierarchy(*Unified()));
  TRY_WITHIN(SetDeviceFilter(directory, resources.devices), "linux.resources.devices");
  return {};
}

Result<FileCgroup::FreezerFile> FileCgroup::OpenFreezer() {
  if (Unified() != nullptr) {
    const int directory = TRY(OpenHierarchy(*Unified()));
    return FreezerFile{directory, Freezer::kV2};
  }
  if (Hierarchy* const hierarchy = FindHierarchy(hierarchies_, "freezer")) {
    const int directory = TRY(OpenHierarchy(*hierarchy));
    return FreezerFile{directory, Freezer::kV1};
  }
  return Fail(Error(ErrorKind::kUnsupported, "the container has no cgroup that could be frozen"));
}

Result<void> FileCgroup::Freeze() {
  const FreezerFile file = TRY(OpenFreezer());
  return SetFrozen(file.directory, file.freezer, /*frozen=*/true);
}

Result<void> FileCgroup::Thaw() {
  const FreezerFile file = TRY(OpenFreezer());
  return SetFrozen(file.directory, file.freezer, /*frozen=*/false);
}

Result<bool> FileCgroup::IsFrozen() {
  if (Unified() == nullptr && FindHierarchy(hierarchies_, "freezer") == nullptr) return false;
  const auto file = OpenFreezer();
  if (!file && IsGone(file.error())) return false;
  if (!file) return Fail(file.error());
  return cgroups::IsFrozen(file->directory, file->freezer);
}

Hierarchy* FileCgroup::Census() {
  for (const char* const controller : {"", "freezer", "pids", "devices", "memory"}) {
    if (Hierarchy* const hierarchy = FindHierarchy(hierarchies_, controller)) return hierarchy;
  }
  return hierarchies_.empty() ? nullptr : &hierarchies_.front();
}

Result<std::vector<pid_t>> FileCgroup::Processes() {
  Hierarchy* const hierarchy = Census();
  if (hierarchy == nullptr) return std::vector<pid_t>();
  const auto directory = OpenHierarchy(*hierarchy);
  if (!directory && IsGone(directory.error())) return std::vector<pid_t>();
  if (!directory) return Fail(directory.error());
  return ReadProcesses(*directory);
}

// Whether the kernel did it: cgroup.kill is of Linux 5.14, and threaded cgroups have none.
Result<bool> FileCgroup::KillAtOnce() {
  if (Unified() == nullptr) return false;
  const auto directory = OpenHierarchy(*Unified());
  if (!directory && IsGone(directory.error())) return true;
  if (!directory) return Fail(directory.error());
  auto killed = kernel::WriteFile(*directory, "cgroup.kill", "1");
  if (killed || killed.error().Errno() == ENODEV) return true;
  if (killed.error().Errno() == EOPNOTSUPP) return false;
  // Removed since it was opened, as systemd does with the scope of what has ended, is done too.
  if (killed.error().Errno() == ENOENT) return !TRY(kernel::Exists(*directory, "cgroup.procs"));
  return Fail(std::move(killed).error());
}

// Whether there was a process that had not been sent the signal before.
Result<bool> FileCgroup::SendToAll(int signal, std::vector<pid_t>& sent) {
  bool any = false;
  for (const pid_t pid : TRY(Processes())) {
    if (std::find(sent.begin(), sent.end(), pid) != sent.end()) continue;
    any = true;
    sent.push_back(pid);
    const auto process = kernel::OpenPidfd(pid);
    if (!process && process.error().Errno() == ESRCH) continue;
    if (!process) return Fail(process.error());
    auto signalled = kernel::SendSignal(*process, signal);
    if (!signalled && signalled.error().Errno() != ESRCH) return Fail(signalled.error());
  }
  return any;
}

Result<void> FileCgroup::Kill(int signal) {
  if (signal == SIGKILL && TRY(KillAtOnce())) return {};
  const bool was_frozen = TRY(IsFrozen());
  if (!was_frozen && TRY(Processes()).empty()) return {};
  const auto frozen = was_frozen ? Result<void>() : Freeze();
  std::vector<pid_t> sent;
  TRY(SendToAll(signal, sent));
  // A frozen process of v1 can not die.
  if (frozen && (!was_frozen || signal == SIGKILL)) return Thaw();
  // Without a freezer some may fork away meanwhile: again, until none is new.
  constexpr int kMaxRounds = 100;
  for (int round = 0; !frozen && round < kMaxRounds; ++round) {
    if (!TRY(SendToAll(signal, sent))) return {};
  }
  return {};
}

Result<Stats> FileCgroup::ReadStats() {
  for (Hierarchy& hierarchy : hierarchies_)
    TRY(OpenHierarchy(hierarchy));
  return cgroups::ReadStats(hierarchies_);
}

Result<void> FileCgroup::Remove() {
  const kernel::Deadline deadline(kRemovalPatience);
  for (Hierarchy& hierarchy : hierarchies_) {
    hierarchy.directory.Reset();
    TRY_WITHIN(RemoveCgroup(hierarchy.path, deadline), "cgroup");
  }
  return {};
}

}  // namespace agentbox::cgroups
