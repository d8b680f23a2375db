#include "init/process.h"

#include <fcntl.h>

#include <cerrno>

#include "apply/capabilities.h"
#include "apply/credentials.h"
#include "apply/environment.h"
#include "apply/lsm.h"
#include "apply/memory_policy.h"
#include "apply/rlimits.h"
#include "apply/seccomp.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/keyring.h"
#include "kernel/path.h"
#include "kernel/process.h"
#include "kernel/procfs.h"
#include "kernel/signals.h"

namespace agentbox::init {
namespace {

// An image need not hold the directory; it is made as runc makes it. What prevents it (a read-only
// root file system) shows when it is entered.
void MakeWorkingDirectory(const std::string& path) {
  const auto made = kernel::MakeDirectories(path, 0755);
  static_cast<void>(made);
}

Result<void> EnterWorkingDirectory(const plan::ProcessPlan& process) {
  const std::string what = process.origin + ".cwd";
  TRY_WITHIN(kernel::ChangeDirectory(process.cwd), what);
  const bool is_in_root = TRY_WITHIN(kernel::IsWorkingDirectoryInRoot(), what);
  if (is_in_root) return {};
  return Fail(Error(ErrorKind::kRefused,
                    what + ": " + Quoted(process.cwd) + " is not within the root file system"));
}

Result<void> SetLimitsAndLabels(const plan::ProcessPlan& process, const ProcessExtras& extras) {
  if (!extras.keyring.empty()) TRY(kernel::JoinSessionKeyring(extras.keyring));
  TRY(apply::MemoryPolicy(process));
  TRY(apply::Personality(process));
  if (!process.apparmor_profile.empty() || !process.selinux_label.empty()) {
    const UniqueFd procfs = TRY(kernel::OpenProcfs());
    TRY(apply::ExecLabel(procfs, process));
  }
  return apply::Rlimits(process.rlimits);
}

Result<void> BecomeUser(const plan::ProcessPlan& process, const ProcessExtras& extras) {
  // Needs CAP_SETPCAP, so before the capabilities of the new user.
  TRY(apply::DropBoundingSet(process, extras.last_capability));
  TRY(apply::User(process));
  // As the user, who alone may be let into it (a home directory of mode 0700) or kept out.
  TRY(EnterWorkingDirectory(process));
  TRY(apply::Capabilities(process));
  return apply::NoNewPrivileges(process);
}

Result<void> LoadFilters(const ProcessExtras& extras, const Channel& peer) {
  if (extras.filters.empty()) return {};
  const UniqueFd listener = TRY(apply::Seccomp(extras.filters));
  if (listener) TRY(peer.Send(Message::kListener, {}, {listener.Get()}));
  return {};
}

Result<void> PrepareExec(const plan::ProcessPlan& process,
                         const ProcessExtras& extras,
                         const Channel& peer) {
  TRY(SetLimitsAndLabels(process, extras));
  TRY(BecomeUser(process, extras));
  TRY(kernel::ResetSignals());
  // Whatever the engine or a library left open is not the container's (CVE-2024-21626).
  TRY(kernel::CloseOnExecuteFrom(3 + extras.preserve_fds));
  // Last: from here on the process is sealed, and every call of ours must be one that the container
  // may make itself.
  return LoadFilters(extras, peer);
}

}  // namespace

Result<Executable> FindExecutable(const plan::ProcessPlan& process) {
  MakeWorkingDirectory(process.cwd);
  // args[0] may be relative to it. Whether the user may enter is found out when it is the user.
  const auto entered = kernel::ChangeDirectory(process.cwd);
  if (!entered && entered.error().Errno() != EACCES) {
    return Fail(Error(entered.error()).Within(process.origin + ".cwd"));
  }
  const UniqueFd root = TRY(kernel::Open(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  Executable executable;
  executable.args = process.args;
  executable.env = apply::Environment(root, process.env, process.uid);
  executable.path = TRY(apply::FindExecutable(process.args.front(), executable.env));
  return executable;
}

Error Become(const plan::ProcessPlan& process,
             const Executable& executable,
             const ProcessExtras& extras,
             const Channel& peer) {
  // Made before the filter: it allocates.
  const std::vector<char*> args = kernel::Pointers(executable.args);
  const std::vector<char*> env = kernel::Pointers(executable.env);
  const auto prepared = PrepareExec(process, extras, peer);
  if (!prepared) return prepared.error();
  return kernel::Execute(executable.path.c_str(), args.data(), env.data());
}

}  // namespace agentbox::init
