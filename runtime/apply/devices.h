// Device nodes and links in the container's /dev, made by the launcher after Mounts.
#pragma once

#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/devices.h"
#include "plan/rootfs.h"

namespace agentbox::apply {

// Makes nodes of our own in the tmpfs at /dev, owned by ids of the container; a node elsewhere is a
// bind of one in a tmpfs in the scratch directory. Where mknod(2) is refused (EPERM: rootless) the
// host's node is bound instead.
//
// ELOOP or ENOTDIR where the image has something else than a directory at /dev (CVE-2026-41579).
Result<void> Devices(const UniqueFd& rootfs,
                     const plan::DevicesPlan& plan,
                     const plan::Scratch& scratch,
                     const SandboxIds& ids);

}  // namespace agentbox::apply
