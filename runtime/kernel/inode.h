// Nodes, symlinks, and what an inode has besides its contents: owner, mode, extended attributes.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// mknodat(2); EEXIST where there is something by that name.
Result<void> MakeNode(int directory, const std::string& name, mode_t mode, dev_t device);

// symlinkat(2); EEXIST as above.
Result<void> MakeSymlink(const std::string& target, int directory, const std::string& name);

// The target of the symlink `name` in `directory`, or of `directory` itself (O_PATH | O_NOFOLLOW)
// where `name` is empty. EINVAL: it is none.
Result<std::string> ReadLink(int directory, const std::string& name);

// The path of `file` as the kernel knows it: in the caller's root, or, of a detached mount, from
// its root on. For messages, and for trees that nobody else changes.
Result<std::string> PathOf(int file);

// The owner and then the mode (permissions and set-id bits, which a change of the owner takes away)
// of `name` in `directory`, not following a symlink, whose mode stays.
Result<void> SetOwnership(
    int directory, const std::string& name, uid_t uid, gid_t gid, mode_t mode);

// The same of the directory `directory`, which may be O_PATH.
Result<void> SetOwnership(int directory, uid_t uid, gid_t gid, mode_t mode);

// fsetxattr(2); not for O_PATH descriptors.
Result<void> SetXattr(int file, const std::string& name, const std::string& value);

// lsetxattr(2), of `entry` in `directory`; of a symlink itself.
Result<void> SetXattr(int directory,
                      const std::string& entry,
                      const std::string& name,
                      const std::string& value);

// fremovexattr(2); no error where there is none of that name.
Result<void> RemoveXattr(int file, const std::string& name);

}  // namespace agentbox::kernel
