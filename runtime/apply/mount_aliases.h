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
// canonical, or a part of the directory there: `mount --bind ~/.ssh/keys /srv/keys`. Of a mount
// that is covered whole there are none; what one covers in another may still be seen, through a
// layer.
std::vector<std::string> AliasesOf(const std::string& path,
                                   const std::vector<kernel::MountEntry>& mounts);

// The same for the file that the mount `own`, of `mounts`, has at `path`, whatever covers it there.
std::vector<std::string> AliasesOn(const kernel::MountEntry& own,
                                   const std::string& path,
                                   const std::vector<kernel::MountEntry>& mounts);

}  // namespace agentbox::apply
