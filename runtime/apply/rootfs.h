// The container's root file system, made by the launcher in its own mount namespace.
#pragma once

#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/rootfs.h"

namespace agentbox::apply {

// Mounts the root file system at <scratch>/rootfs: an overlay with a throwaway upper layer, the
// engine's overlay made anew, or a copy of the mount of the directory. An O_PATH descriptor of its
// root. It stays writable until Seal, so that mount points can be made in it.
//
// kUnsupported, naming the path, the file system and the way out, where a layer's file system can
// not be shown with the container's ids.
//
// Preconditions:
// * the caller is in a mount namespace of its own, of its own user namespace, without a shared
// mount
//   (MS_SLAVE | MS_REC keeps what volumes with the option rslave need, MS_PRIVATE loses it);
// * the scratch directory is there, and the caller's alone (MakeScratch).
Result<UniqueFd> Rootfs(const plan::RootfsPlan& plan,
                        const plan::Scratch& scratch,
                        const SandboxIds& ids);

}  // namespace agentbox::apply
