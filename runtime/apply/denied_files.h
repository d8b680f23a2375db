// Covers files of mounts that deny rules name by what nobody inside can read or take away.
#pragma once

#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/masked_paths.h"
#include "plan/rootfs.h"

namespace agentbox::apply {

// Mounts an empty file or directory on each path of `denied` that is covered. Such a cover belongs
// to the host's root, has no permissions, and is read-only: root of the container, which has no
// power over files of an owner without an id there, can neither read nor change it. Passes over a
// path that is gone. After Mounts, before init copies the mount namespace and thus locks them.
Result<void> DeniedFiles(const UniqueFd& rootfs,
                         const std::vector<plan::DeniedPath>& denied,
                         const plan::Scratch& scratch);

}  // namespace agentbox::apply
