#include "apply/pivot.h"

#include <fcntl.h>
#include <sched.h>

#include "kernel/file.h"
#include "kernel/mount.h"
#include "kernel/namespaces.h"
#include "kernel/path.h"

namespace agentbox::apply {

Result<UniqueFd> EnterRootfs(const UniqueFd& rootfs) {
  // The copy of a mount namespace takes the working directory along: the only way from a mount of
  // the old namespace to its copy that needs no path of the host, which the container's root may
  // not be able to walk.
  TRY(kernel::ChangeDirectory(rootfs.Get()));
  // Owned by the container's user namespace, unlike the one that it is copied from: the kernel
  // locks all that is mounted in it together (mount_namespaces(7)).
  TRY(kernel::Unshare(CLONE_NEWNS));
  const UniqueFd locked = TRY(kernel::Open(AT_FDCWD, ".", O_PATH | O_DIRECTORY));
  // The root of a copy is not locked, what is mounted below it stays so.
  UniqueFd root = TRY(kernel::CloneTree(locked.Get(), "", /*recursive=*/true));
  TRY(kernel::MoveMount(root, locked));
  TRY(kernel::ChangeDirectory(root.Get()));
  return root;
}

Result<void> PivotRoot(const UniqueFd& rootfs, const plan::RootfsPlan& plan) {
  // The old root lies on the new one, and goes with all that is mounted below it, the scratch
  // directory among it.
  TRY(kernel::PivotRoot(rootfs));
  TRY(kernel::DetachWorkingDirectory());
  if (plan.propagation == 0) return {};
  TRY_WITHIN(kernel::SetRootPropagation(plan.propagation), "linux.rootfsPropagation");
  return {};
}

}  // namespace agentbox::apply
