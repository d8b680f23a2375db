// Paths that an untrusted root file system cannot lead astray: openat2(2).
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// `path` opened with `flags` (O_CLOEXEC is added), where `root` stands for "/": neither ".." nor a
// symlink leads out of it, and no /proc/PID/fd link is followed. Linux 5.6.
Result<UniqueFd> OpenInRoot(const UniqueFd& root, const std::string& path, std::uint64_t flags);

// `path` opened relative to `directory`, of which it must be a descendant without any symlink on
// the way: for directories of our own.
Result<UniqueFd> OpenBeneath(int directory, const std::string& path, std::uint64_t flags);

// As OpenBeneath, but that symlinks are followed which stay below `directory`; EXDEV for one that
// does not.
Result<UniqueFd> OpenWithin(int directory, const std::string& path, std::uint64_t flags);

// As OpenBeneath, and on the same mount as `directory`: EXDEV where something is mounted on the
// way.
Result<UniqueFd> OpenOnMount(int directory, const std::string& path, std::uint64_t flags);

// An O_PATH descriptor of the directory `name` in `directory`, of our own: made, with `mode`
// whatever the umask, or the one that is there.
Result<UniqueFd> MakeOwnDirectory(int directory, const std::string& name, mode_t mode);

// An O_PATH descriptor of the directory `path` in `root`; the parts that are missing are made, with
// `mode`, owned by uid and gid. EEXIST/ENOTDIR where a part is no directory; never through a
// symlink that dangles (CVE-2024-45310).
Result<UniqueFd> MakeDirectoriesInRoot(
    const UniqueFd& root, const std::string& path, mode_t mode, uid_t uid, gid_t gid);

// An O_PATH descriptor of the non-directory `path` in `root`; an empty regular file is made where
// there is none, with the directories above it (0755).
Result<UniqueFd> MakeFileInRoot(
    const UniqueFd& root, const std::string& path, mode_t mode, uid_t uid, gid_t gid);

// Whether execve(2) by the caller would take `path` for a program: EISDIR, EACCES, or stat(2)'s
// errno.
Result<void> CheckExecutable(const std::string& path);

// chdir(2), and whether the directory lies within the process's root: one that was reached through
// a descriptor from outside has no path there (CVE-2024-21626).
Result<void> ChangeDirectory(const std::string& path);
Result<bool> IsWorkingDirectoryInRoot();

// realpath(3): absolute, without symlinks, "." and "..".
Result<std::string> RealPath(const std::string& path);

// fstat(2).
Result<struct stat> Stat(int fd);

// The magic of the file system that `fd` is on (fstatfs(2)): PROC_SUPER_MAGIC.
Result<std::uint64_t> FilesystemMagic(int fd);

// What tells the file system that `fd` is on from others of its type (f_fsid of fstatfs(2)): made
// of its UUID, or of the number of its device, or 0, as the type has it.
Result<std::string> FilesystemId(int fd);

}  // namespace agentbox::kernel
