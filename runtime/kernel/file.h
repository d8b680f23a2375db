// Whole small files, and directories of our own: read, written, listed, removed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// openat(2) with O_CLOEXEC added; `directory` may be AT_FDCWD.
Result<UniqueFd> Open(int directory, const std::string& path, int flags, mode_t mode = 0);

// Opens /dev/null for each of the descriptors 0 to 2 that is closed.
Result<void> EnsureStandardStreams();

bool IsOpen(int fd);

Result<std::string> WorkingDirectory();

// The rest of `fd`; EFBIG beyond `limit` bytes.
constexpr std::size_t kReadLimit = 16U << 20U;
Result<std::string> ReadAll(int fd, std::size_t limit = kReadLimit);
// As ReadAll, from the beginning of the file.
Result<std::string> ReadWhole(int fd);
Result<std::string> ReadFile(int directory, const std::string& path);

// The same of a regular file, kInvalidSpec for anything else: a FIFO would block.
Result<std::string> ReadRegularFile(int directory, const std::string& path);

// A file of the kernel's as it is now, whatever was read of `fd` before.
Result<std::string> ReadFromStart(int fd);

// All of `data`, in one write(2) where the file takes it: kernel files read one value a write.
Result<void> WriteAll(int fd, std::string_view data);

// Writes to the existing file `path`: files of /proc, /sys and cgroups.
Result<void> WriteFile(int directory, const std::string& path, std::string_view data);

// `name` in `directory` holds all of `data` or what it held before: written under another name,
// fsynced, renamed.
Result<void> ReplaceFile(int directory,
                         const std::string& name,
                         std::string_view data,
                         mode_t mode);

// As ReplaceFile; owner, mode, ACL, label and users' attributes become those of the open file
// `like`.
Result<void> ReplaceFileLike(int directory,
                             const std::string& name,
                             std::string_view data,
                             int like);

// Names in the directory, without "." and "..".
Result<std::vector<std::string>> ListDirectory(int directory);

// mkdirat(2); the errno is EEXIST where `name` is there.
Result<void> MakeDirectory(int directory, const std::string& name, mode_t mode);

// unlinkat(2) of an empty directory, or of a cgroup; the errno is kept: EBUSY of a cgroup in use.
Result<void> RemoveDirectory(int directory, const std::string& name);

// Names of the directories in the directory.
Result<std::vector<std::string>> ListSubdirectories(int directory);

// fchownat(2), not through a symlink; an empty name is `directory` itself.
Result<void> ChangeOwner(int directory, const std::string& name, uid_t uid, gid_t gid);

// Makes `path` and what is missing above it; no error if it is there.
Result<void> MakeDirectories(const std::string& path, mode_t mode);

// Whether `path` leads to something (stat(2), which follows symlinks).
Result<bool> Exists(int directory, const std::string& path);

// Removes the file `name`, no directory. No error if it is not there.
Result<void> RemoveFile(int directory, const std::string& name);

// Locks the open file or directory exclusively among those who do the same, until the last copy of
// the descriptor is closed, or Unlock (flock(2)). Waits.
Result<void> Lock(int fd);
// False where another has it; does not wait.
Result<bool> TryLock(int fd);
// The same, with others who lock it so.
Result<bool> TryLockShared(int fd);
void Unlock(int fd);

// Waits for the write lock on all of the file among those who lock parts of files (fcntl(2)), as
// lckpwdf(3) takes it; had until `fd`, which is open for writing, is closed.
Result<void> LockAsRecord(int fd);

// A new file without a name in `directory` (O_TMPFILE), of `size` bytes, none of which takes up
// space until it is written. It is gone when nothing has it open.
Result<UniqueFd> UnnamedFile(int directory, std::uint64_t size);

// Copies the rest of `from` to `to`.
Result<void> CopyContents(int from, int to);

// How `fd` may be used: O_RDONLY, O_WRONLY or O_RDWR, or O_PATH.
Result<int> AccessMode(int fd);

// The file that `fd` is, which may be O_PATH, opened anew, with an offset of its own.
Result<UniqueFd> Reopen(int fd, int flags);

// Puts the offset of `to` where that of `from` is.
Result<void> CopyOffset(int from, int to);

// fchdir(2).
Result<void> ChangeDirectory(int directory);

}  // namespace agentbox::kernel
