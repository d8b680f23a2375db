// One name of a directory at a time: looked at, made, put into another's place, removed, and on
// disk when that is said. What a name leads to is never followed.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// fstatat(2); nothing where there is no `name`.
Result<std::optional<struct stat>> StatEntry(int directory, const std::string& name);

// A file without a name in `directory`, for writing (O_TMPFILE). EOPNOTSUPP: its file system has
// none.
Result<UniqueFd> OpenUnnamed(int directory, mode_t mode);

// Gives the open file `file`, which may have no name or others, the name `name`. EEXIST.
Result<void> LinkFile(int file, int directory, const std::string& name);

// One more name of what is no directory, a symlink itself (linkat(2)). EEXIST.
Result<void> LinkEntry(int directory, const std::string& name, const std::string& other);

// renameat2(2) within one directory, with RENAME_NOREPLACE or RENAME_EXCHANGE; the errno is kept.
Result<void> RenameEntry(int directory,
                         const std::string& from,
                         const std::string& to,
                         unsigned flags);
Result<void> MoveEntry(int from_directory,
                       const std::string& from,
                       int to_directory,
                       const std::string& to,
                       unsigned flags);

// unlinkat(2) of what is no directory; the errno is kept, ENOENT too.
Result<void> RemoveEntry(int directory, const std::string& name);

// The time of change of the contents of `name`, not following a symlink (utimensat(2)); an empty
// name is `directory` itself, which may be O_PATH: Linux 5.8.
Result<void> SetModifiedTime(int directory, const std::string& name, struct timespec time);

// Of the open file (futimens(3)).
Result<void> SetModifiedTime(int file, struct timespec time);

// How a file would be stamped now, in nanoseconds: what was changed before has no later time of
// change, and what is changed after this no earlier one. Sets those of `file`, of the caller's own,
// which may be a directory.
Result<std::int64_t> StampOfNow(int file);

// fchmod(2).
Result<void> SetMode(int file, mode_t mode);

Result<void> Synchronize(int file);            // fsync(2)
Result<void> SynchronizeFilesystem(int file);  // syncfs(2)

// What tells the open file `file`, which may be O_PATH, from all others of its file system,
// whatever its name is (name_to_handle_at(2)): a byte of the kind, and what the file system made of
// it. EOPNOTSUPP: it has no such thing.
Result<std::string> HandleOf(int file);

}  // namespace agentbox::kernel
