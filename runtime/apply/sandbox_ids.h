// The container's user namespace, once it is there: what applying a plan needs and planning could
// not know.
#pragma once

#include <sys/types.h>

#include "abi/ids.h"

namespace agentbox::apply {

struct SandboxIds {
  int user_namespace = -1;  // borrowed fd: the argument of MOUNT_ATTR_IDMAP
  abi::IdMaps maps;         // complete, as seen from the runtime's own user namespace
  bool idmap_files = true;  // plan::IdsPlan::idmap_files

  // plan::HostFacts: else overlays keep their marks in user.* attributes, and no node can be made.
  bool in_initial_user_namespace = true;

  // The host's ids of the container's root: owners of what the launcher makes.
  uid_t RootUid() const { return abi::OwnerId(maps.uids, 0); }
  gid_t RootGid() const { return abi::OwnerId(maps.gids, 0); }
};

}  // namespace agentbox::apply
