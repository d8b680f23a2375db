// Device nodes of our own: a bound node of the host's belongs to nobody in the container, and what
// is at its path may have been exchanged (CVE-2025-31133).
#pragma once

#include <string>

#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/devices.h"
#include "plan/rootfs.h"

namespace agentbox::apply {

// Makes `node` as `name` in `directory`, which is on a file system where devices work. EPERM where
// the caller may not make nodes (rootless).
Result<void> MakeDeviceNode(int directory,
                            const std::string& name,
                            const plan::DeviceStep& node,
                            const SandboxIds& ids);

// A detached mount of one node: made in a tmpfs in the scratch directory, or, where that is refused
// with EPERM, the host's own at the same path, checked to be the same device.
Result<UniqueFd> CloneDeviceNode(const plan::DeviceStep& node,
                                 const plan::Scratch& scratch,
                                 const SandboxIds& ids);

// The host's device node at `node.path`, O_PATH, checked by type and number.
Result<UniqueFd> OpenHostDevice(const plan::DeviceStep& node);

}  // namespace agentbox::apply
