// New file systems for the container, detached: tmpfs, mqueue, sysfs, and overlays of host
// directories.
#pragma once

#include "apply/mounts.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/mounts.h"

namespace agentbox::apply {

// A tmpfs, whose ids are the container's. Unless the options say otherwise its root belongs to the
// container's, and has the mode of `covered`, the directory that it is to cover; with copy_up it
// begins with what is in there, and has its owner. Where nothing is covered `covered` is empty.
Result<UniqueFd> Tmpfs(const plan::FilesystemMount& tmpfs,
                       const SandboxIds& ids,
                       const UniqueFd& covered);

// mqueue of the ipc namespace that the caller is in.
Result<UniqueFd> Mqueue(const plan::KernelMount& mqueue, const SandboxIds& ids);

// proc of the pid namespace that the caller is in, the host's.
Result<UniqueFd> HostProc(const plan::KernelMount& proc);

// sysfs of the network namespace that the caller is in; where that is refused (EPERM: it is the
// host's, and the caller is root of another user namespace) the host's /sys with all below it,
// read-only.
Result<UniqueFd> Sysfs();

// An engine's overlay, with the container's ids, and the directories' own on disk.
Result<UniqueFd> EngineVolume(const plan::OverlayMount& overlay,
                              const std::string& name,
                              const MountContext& context);

}  // namespace agentbox::apply
