// Namespaces by fd: unshare(2), setns(2), ioctl_ns(2).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// Moves this process, which has one thread, into new namespaces (CLONE_NEW*).
Result<void> Unshare(std::uint64_t flags);

// How mounts at "/" and below and those of other mount namespaces reach each other (MS_SLAVE |
// MS_REC).
Result<void> SetRootPropagation(std::uint64_t flags);

// Moves this process into the namespace `fd`, which must be of the kind `flag`; or, where `fd` is a
// pidfd, into all of that process's namespaces that `flags` names, at once (Linux 5.8).
Result<void> JoinNamespaces(int fd, std::uint64_t flags);

// Runs `work` in those namespaces of the process behind `pidfd` that `flags` names (not the user,
// pid, mount or time namespace), with this process's memory and descriptors. It is done by a child
// that shares both while this process waits (CLONE_VFORK): who enters a namespace without privilege
// over its own could not go back.
Result<void> RunInNamespaces(const UniqueFd& pidfd,
                             std::uint64_t flags,
                             const std::function<Result<void>()>& work);

// /proc/PID/ns/FILE of a process of ours; `file` as in "net".
Result<UniqueFd> OpenNamespace(pid_t pid, const std::string& file);
Result<UniqueFd> OpenOwnNamespace(const std::string& file);

// The kind of the namespace, as CLONE_NEW*; ENOTTY for what is no namespace.
Result<std::uint64_t> NamespaceFlag(int fd);

// The user namespace that owns the namespace `fd`; of a user namespace, its parent. EPERM where
// that is outside the caller's own.
Result<UniqueFd> OwningUserNamespace(int fd);

// Whether this process's user namespace is the host's.
Result<bool> IsInInitialUserNamespace();

// Whether both fds are of the same namespace.
Result<bool> IsSameNamespace(int one, int other);

}  // namespace agentbox::kernel
