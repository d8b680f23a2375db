#include "apply/rootfs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "apply/scratch.h"
#include "apply/scratch_directory.h"
#include "apply/throwaway.h"
#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/mount.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

Result<UniqueFd> OpenInBundle(const plan::RootfsPlan& plan) {
  const UniqueFd bundle = TRY(kernel::Open(AT_FDCWD, plan.bundle, O_PATH | O_DIRECTORY));
  const std::string path = plan.path.substr(plan.bundle.size());
  auto opened = kernel::OpenWithin(bundle.Get(), "." + path, O_PATH | O_DIRECTORY);
  if (opened || opened.error().Errno() != EXDEV) return opened;
  return Fail(Error(ErrorKind::kRefused,
                    "root.path " + Quoted(plan.path) + " leads out of the bundle by a symlink"));
}

Result<UniqueFd> OpenSource(const plan::RootfsPlan& plan) {
  if (!plan.bundle.empty()) return OpenInBundle(plan);
  return kernel::Open(AT_FDCWD, plan.path, O_PATH | O_DIRECTORY);
}

Result<UniqueFd> CopyTree(const UniqueFd& source) {
  UniqueFd tree = TRY(kernel::CloneTree(source.Get(), "", /*recursive=*/true));
  constexpr std::uint64_t kAttributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
  TRY(kernel::SetAttributes(tree, {.set = kAttributes}, /*recursive=*/true));
  TRY(kernel::SetPropagation(tree, MS_PRIVATE | MS_REC));
  return tree;
}

Result<UniqueFd> Copy(const plan::RootfsPlan& plan,
                      const ThrowawayRequest& request,
                      const SandboxIds& ids) {
  if (plan.is_whole_tree) return CopyTree(request.source);
  if (plan.mode == policy::RootfsMode::kThrowaway) return Throwaway(request, ids);
  return WriteThrough(request, ids);
}

}  // namespace

Result<UniqueFd> Rootfs(const plan::RootfsPlan& plan,
                        const plan::Scratch& scratch,
                        const SandboxIds& ids) {
  const UniqueFd source = TRY(OpenSource(plan));
  TRY_WITHIN(MountScratch(scratch), "scratch");
  const UniqueFd directory = TRY_WITHIN(OpenScratch(scratch), "scratch");

  // Device nodes of an image are none (the container's are in a tmpfs of ours).
  const ThrowawayRequest request = {
      .source = source,
      .path = plan.path,
      .scratch = directory,
      .name = "root",
      .omissions = {.hidden = plan.hidden, .emptied = plan.emptied, .stand_ins = plan.stand_ins},
      .templates = plan.templates,
      .is_frozen = plan.is_frozen,
      .attributes = MOUNT_ATTR_NODEV};
  const UniqueFd mount = TRY(Copy(plan, request, ids));

  const UniqueFd target = TRY(kernel::MakeOwnDirectory(directory.Get(), "rootfs", S_IRWXU));
  TRY(kernel::MoveMount(mount, target));
  return kernel::OpenBeneath(directory.Get(), "rootfs", O_PATH | O_DIRECTORY);
}

}  // namespace agentbox::apply
