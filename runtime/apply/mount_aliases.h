// Other paths to a file of the host: the same file system may be mounted in several places, as by
// `mount --bind`. Pure.
#pragma once

#include <string>
#include <vector>

#include "kernel/mount_table.h"

namespace agentbox::apply {

// The mount that `path` is on: of those with the longest target the last, which covers the others.
// Null for none.
const kernel::MountEntry* MountOf(const std::string& path,
                                  const std::vector<kernel::MountEntry>& mounts);

// The paths, besides `path`, under which the mounts show the file that is at `path`, absolute and
// canonical, or a part of the directory there: `mount --bind ~/.ssh/keys /srv/keys`. One below what
// another mount covers is left out.
std::vector<std::string> AliasesOf(const std::string& path,
                                   const std::vector<kernel::MountEntry>& mounts);

}  // namespace agentbox::apply
