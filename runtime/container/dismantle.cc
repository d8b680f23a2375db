#include "container/dismantle.h"

#include <fcntl.h>

#include <cerrno>
#include <csignal>

#include "apply/scratch.h"
#include "cgroups/cgroup.h"
#include "container/id_ranges.h"
#include "container/kept_layers.h"
#include "container/template_store.h"
#include "kernel/process.h"
#include "launch/reentry.h"

namespace agentbox::container {
namespace {

// Keeps the first error of several steps.
void Keep(Result<void>& first, Result<void> next) {
  if (first && !next) first = std::move(next);
}

Result<void> KillInit(const StateFile& state) {
  const auto init = OpenInit(state);
  if (!init) {
    if (init.error().Errno() == ESRCH) return {};
    return Fail(init.error());
  }
  const auto killed = kernel::SendSignal(*init, SIGKILL);
  if (!killed && killed.error().Errno() != ESRCH) return Fail(killed.error());
  return kernel::AwaitEnd(*init);
}

// With what init's end does not take along: processes in a pid namespace of the pod's. Before init
// is waited for: one that is paused on v1 ends only when it is let go on.
Result<void> KillCgroup(const StateFile& state) {
  return cgroups::Open(state.cgroup)->Kill(SIGKILL);
}

Result<void> RemoveCgroup(const StateFile& state) {
  return cgroups::Open(state.cgroup)->Remove();
}

}  // namespace

Result<UniqueFd> OpenInit(const StateFile& state) {
  const auto ended = [] { return Fail(Error::FromErrno(ESRCH).Within("init")); };
  if (state.pid <= 0) return ended();
  UniqueFd pidfd = TRY(kernel::OpenPidfd(state.pid));
  // After the fd is held the pid can not be used again: so this is about the process of the fd.
  const auto stat = TRY(kernel::ReadProcessStat(state.pid));
  if (!stat || stat->start_time != state.pid_start_time || stat->state == 'Z') return ended();
  return pidfd;
}

Result<void> Dismantle(const StateDirectory& directory, const StateFile& state) {
  Result<void> result;
  Keep(result, KillCgroup(state));
  Keep(result, KillInit(state));
  Keep(result, RemoveCgroup(state));
  Keep(result, cgroups::RemoveResctrl(state.resctrl));
  if (!state.scratch_directory.empty()) {
    // Without root, files there may belong to subordinate ids.
    Keep(result,
         launch::WithPrivilege([&state] { return apply::RemoveScratch(state.scratch_directory); }));
  }
  if (!state.review.empty()) Keep(result, DropUnchanged(state.review_base, state.review));
  Keep(result, ReleaseTemplate(state.template_use));
  Keep(result, FreeIdRange(directory.Path()));
  return result;
}

}  // namespace agentbox::container
