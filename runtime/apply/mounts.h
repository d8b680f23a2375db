// Makes the planned mounts: the launcher most of them, in a mount namespace that its own user
// namespace owns, so that init's copy has them locked (mount_namespaces(7)); init those that show
// its own namespaces, and what lies below these.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "apply/lower.h"
#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/mounts.h"
#include "plan/rootfs.h"

namespace agentbox::apply {

// Layers that outlive the sandbox.
struct KeptLayers {
  std::string directory;  // of the review, where each has one; empty: there are none
  UniqueFd image;         // the mount that is to be attached there for the sandbox; empty: none
  std::map<std::string, Lower> lowers;  // by plan::ThrowawayMount::kept_as
};

// What the launcher knows and the plan could not.
struct MountContext {
  const SandboxIds& ids;
  const plan::Scratch& scratch;
  const KeptLayers& kept;
  // The container's cgroup: a directory for each v1 controller ("memory", "name=systemd"), and ""
  // for cgroup2; as cgroups::Location::directories.
  const std::map<std::string, std::string>& cgroups;
};

// A step that is left for init.
struct PreparedMount {
  std::size_t step = 0;  // index in the plan's list
  UniqueFd mount;        // detached, complete; empty where init makes it (KernelMount)
};

struct MadeMounts {
  std::vector<PreparedMount> for_init;  // in the order of the list
  std::vector<UniqueFd> to_seal;        // mounts that become read-only when all is in them
};

// Makes `steps` in order below `rootfs`, and the mount points of all, owned by the container's
// root. Stops at the first that fails, naming its entry of config.json; what was mounted until then
// goes with the namespace.
//
// Preconditions: as Rootfs; and the caller is in the container's network and ipc namespaces
// (setns(2)), which sysfs and mqueue are to show.
Result<MadeMounts> Mounts(const UniqueFd& rootfs,
                          const std::vector<plan::MountStep>& steps,
                          const MountContext& context);

// Makes the root file system and the tmpfs that are to be so read-only. After Devices and
// MaskedPaths, before init copies the mount namespace.
Result<void> Seal(const UniqueFd& rootfs, const plan::RootfsPlan& plan, const MadeMounts& made);

// Init's part, with `rootfs` of EnterRootfs.
Result<void> InitMounts(const UniqueFd& rootfs,
                        const std::vector<plan::MountStep>& steps,
                        const std::vector<PreparedMount>& prepared);

}  // namespace agentbox::apply
