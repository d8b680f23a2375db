// Why system calls are let through, limited or refused: the grounds that the table's entries point
// to, each with the errno that a refused call gets and why that one. Pure.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string_view>

namespace agentbox::plan {

enum class SyscallKind : std::uint8_t {
  kHost,     // runs in the host's kernel, with any arguments
  kLimited,  // runs there with some arguments: syscall_limits.h
  kSentry,   // is for the sentry to serve; where there is none, its errno is the answer
  kDenied,   // its errno is the answer
};

struct SyscallGround {
  SyscallKind kind = SyscallKind::kDenied;
  int number = 0;  // the errno; 0 for calls that run in the host's kernel
  std::string_view reason;
  std::string_view errno_reason;  // why that errno; empty where there is none
};

namespace ground {

constexpr SyscallGround Host(std::string_view reason) {
  return {.kind = SyscallKind::kHost, .reason = reason};
}
constexpr SyscallGround Sentry(int number, std::string_view reason, std::string_view why) {
  return {SyscallKind::kSentry, number, reason, why};
}
constexpr SyscallGround Denied(int number, std::string_view reason, std::string_view why) {
  return {SyscallKind::kDenied, number, reason, why};
}

// ---- host ----

inline constexpr SyscallGround kFiles =
    Host("files and directories; the sandbox's mounts and ids bound what is reached");
inline constexpr SyscallGround kDescriptors =
    Host("reading, writing and waiting, on descriptors that it has");
inline constexpr SyscallGround kMemory = Host("memory of its own");
inline constexpr SyscallGround kProcesses =
    Host("processes and threads; the pid namespace and pids.max bound them");
inline constexpr SyscallGround kIds = Host("ids and capabilities; the user namespace bounds them");
inline constexpr SyscallGround kSignals = Host("signals within the pid namespace");
inline constexpr SyscallGround kTime = Host("reading clocks, sleeping, timers");
inline constexpr SyscallGround kIpc =
    Host("System V IPC in an ipc namespace of its own: PostgreSQL, X11 and fakeroot use it");
inline constexpr SyscallGround kNetwork = Host("sockets of the families that can be made");
inline constexpr SyscallGround kNesting = Host(
    "nested sandboxes (bwrap, browsers); user.max_user_namespaces and locked mounts bound them");
inline constexpr SyscallGround kMounting = Host(
    "nested sandboxes; that a new mount's file system is one for user namespaces (overlay, "
    "tmpfs, proc, FUSE with its device) the kernel sees to, no filter can");
inline constexpr SyscallGround kDebugging =
    Host("gdb, strace and sanitizers; tasks of the same user namespace only, by Yama's rules");
inline constexpr SyscallGround kOwnLimits =
    Host("limits that a program sets itself; they only take away");
inline constexpr SyscallGround kSystem = Host("what system this is; random numbers");
inline constexpr SyscallGround kInside = Host("container engines inside use it");
inline constexpr SyscallGround kJoiningInside =
    Host("entering network namespaces made inside (ip netns)");

// ---- limited ----

inline constexpr SyscallGround kLimited = {
    .kind = SyscallKind::kLimited,
    .reason =
        "needed, but for arguments that lead to code which programs of development do not use"};

// ---- sentry ----

inline constexpr SyscallGround kKeyrings =
    Sentry(ENOSYS,
           "keys are no part of any namespace but the user's, and their code had many flaws "
           "(CVE-2016-0728)",
           "a kernel without keys: kinit, runc and PAM do without");
inline constexpr SyscallGround kNewMounts =
    Sentry(ENOSYS,
           "a new super block by parts: parsers of mount options (CVE-2022-0185, CVE-2021-4154)",
           "an older kernel: mount(8) and libmount fall back on mount(2)");
inline constexpr SyscallGround kMountDescriptors =
    Sentry(ENOSYS,
           "mounts as descriptors: nothing but container runtimes needs more than mount(2)",
           "an older kernel: mount(8) and libmount fall back on mount(2)");
inline constexpr SyscallGround kJoining =
    Sentry(EPERM,
           "joining namespaces; a descriptor does not tell a filter whose namespace it is",
           "as for one without CAP_SYS_ADMIN there");
inline constexpr SyscallGround kBpf =
    Sentry(EPERM,
           "programs for the kernel's own machine; its verifier had flaws (CVE-2021-31440)",
           "as with kernel.unprivileged_bpf_disabled");
inline constexpr SyscallGround kFanotify =
    Sentry(EPERM, "watches whole file systems, the host's too", "as for one without CAP_SYS_ADMIN");
inline constexpr SyscallGround kFileHandles =
    Sentry(EPERM,
           "opens any file of a file system, past the mounts (\"Shocker\")",
           "as for one without CAP_DAC_READ_SEARCH");
inline constexpr SyscallGround kFileHandleNames =
    Sentry(EOPNOTSUPP,
           "names for open_by_handle_at(2), which is refused",
           "a file system without handles: systemd and findmnt ask otherwise");
inline constexpr SyscallGround kOtherDescriptors =
    Sentry(EPERM,
           "takes descriptors out of other processes, past what they were passed for",
           "as for one that may not trace the process");
inline constexpr SyscallGround kQuotas =
    Sentry(ENOSYS, "quotas belong to the host's file systems", "a kernel without quotas");
inline constexpr SyscallGround kKernelLog =
    Sentry(EPERM, "the host's log, with addresses of its kernel", "as with kernel.dmesg_restrict");
inline constexpr SyscallGround kClockQueries =
    Sentry(EPERM, "adjusts the host's clocks", "as for one without CAP_SYS_TIME");
inline constexpr SyscallGround kNuma =
    Sentry(ENOSYS,
           "places memory on the host's nodes, and tells of them",
           "a kernel without NUMA: libnuma then knows that there is none");
inline constexpr SyscallGround kMessageQueues = Sentry(
    ENOSYS, "POSIX message queues: no tool of development uses them", "a kernel without them");
inline constexpr SyscallGround kSchedulingChanges =
    Sentry(EPERM,
           "scheduling classes compete with the host's own processes",
           "as for one without CAP_SYS_NICE: programs go on as they are");
inline constexpr SyscallGround kScheduling =
    Sentry(ENOSYS,
           "priorities of I/O and newer forms of scheduling, and what could be set by them",
           "a kernel without: GLib goes on, ionice and chrt fail");
inline constexpr SyscallGround kAttributeChanges =
    Sentry(EOPNOTSUPP,
           "file capabilities, ACLs and overlay's own attributes (CVE-2021-3493, CVE-2023-0386)",
           "a file system without attributes: cp, tar and package scripts go on");
inline constexpr SyscallGround kAttributeLists =
    Sentry(EOPNOTSUPP,
           "attributes can be read by path and name, and not be copied: a list is of no use",
           "a file system without attributes: cp and tar go on");
inline constexpr SyscallGround kWholeSync =
    Sentry(ENOSYS,
           "writes out whole file systems of the host: one sandbox would let all wait",
           "sync(2) has no errors that programs look at; fsync(2) is the one that matters");
inline constexpr SyscallGround kRareSignals =
    Sentry(ENOSYS, "signals with values: kill -q alone sends them", "a kernel without");
inline constexpr SyscallGround kRareTimers =
    Sentry(ENOSYS, "what a timer has left: no tool asks", "a kernel without");
inline constexpr SyscallGround kRareQueries = Sentry(
    ENOSYS, "answered without the kernel (vdso(7))", "a kernel without: callers have an older way");
inline constexpr SyscallGround kOldLimits =
    Sentry(EPERM,
           "C libraries use prlimit64(2); Go 1.19 and esbuild ask by these, and then leave the "
           "number of files that they may open as it is",
           "as for a limit above the hard one: shells tell of it and go on");
inline constexpr SyscallGround kDomainName =
    Sentry(EPERM, "the domain of NIS, which nothing uses", "as for one without CAP_SYS_ADMIN");

// ---- denied ----

inline constexpr SyscallGround kGone =
    Denied(ENOSYS, "Linux has it no more, or never had it", "what Linux itself answers");
inline constexpr SyscallGround kOfTheHost =
    Denied(EPERM,
           "changes the host as a whole",
           "as for one without the capability in the initial namespace");
inline constexpr SyscallGround kIoUring =
    Denied(ENOSYS,
           "a second way to most system calls, past every filter, and the source of many exploits",
           "an older kernel: libuv, tokio and Bun fall back on ENOSYS, not on EOPNOTSUPP");
inline constexpr SyscallGround kAsynchronousIo =
    Denied(ENOSYS,
           "asynchronous I/O for databases; QEMU, MariaDB and nginx do without",
           "a kernel without: they fall back on threads");
inline constexpr SyscallGround kSecretMemory = Denied(
    ENOSYS, "memory that nobody can look into, not limited as other memory is", "a kernel without");
inline constexpr SyscallGround kFaults =
    Denied(EPERM,
           "lets exploits stop the kernel in the middle of a copy; no tool needs it",
           "as with vm.unprivileged_userfaultfd off");
inline constexpr SyscallGround kPerf =
    Denied(EPERM,
           "counters of processors and kernel; a large part of the kernel (CVE-2023-6931)",
           "as with kernel.perf_event_paranoid above 2, which perf(1) explains");
inline constexpr SyscallGround kSegments = Denied(ENOSYS,
                                                  "16-bit segments, for Wine and DOSEMU alone",
                                                  "a kernel without CONFIG_MODIFY_LDT_SYSCALL");
inline constexpr SyscallGround kSecurityModules = Denied(
    ENOSYS, "labels are the runtime's to set", "an older kernel: libraries fall back on /proc");
inline constexpr SyscallGround kNewForms = Denied(
    ENOSYS,
    "a newer form of an older call, which is open; what clone3(2) is told a filter does not see",
    "an older kernel: C libraries and programs fall back on the older call, on ENOSYS alone");
inline constexpr SyscallGround kOldForms = Denied(
    ENOSYS,
    "C libraries have used a newer form since 2020 at the latest (utimensat(2) in glibc 2.32)",
    "older programs do without: unzip(1) warns that it could not set a file's times");
inline constexpr SyscallGround kShortcuts =
    Denied(ENOSYS,
           "spares calls or fences, and no tool of development is without another way",
           "an older kernel: callers receive messages one by one, and order memory by fences");
inline constexpr SyscallGround kProtectionKeys =
    Denied(ENOSYS, "protection keys: V8 alone tries them", "a processor without: V8 goes on");
inline constexpr SyscallGround kLockedMemory =
    Denied(EPERM,
           "memory that the host can not swap out",
           "as with a limit of 0 (RLIMIT_MEMLOCK): gpg warns and goes on");
inline constexpr SyscallGround kAdvice =
    Denied(ENOSYS,
           "advice about the page cache, which is the whole host's",
           "a kernel without: it is advice, and dpkg and PostgreSQL go on");
inline constexpr SyscallGround kPreallocation =
    Denied(EOPNOTSUPP,
           "sets space of the host's disk aside without writing it",
           "a file system without, such as NFS: posix_fallocate(3) writes instead, cp and "
           "databases go on");
inline constexpr SyscallGround kPageGifts =
    Denied(EINVAL,
           "moves pages into pipes without a copy; no tool uses it",
           "as for descriptors that it is not for: callers copy");
inline constexpr SyscallGround kFileSystemIds =
    Denied(EPERM, "ids for NFS servers in user space", "as for one without CAP_SETUID");
inline constexpr SyscallGround kProbes =
    Denied(ENOSYS,
           "made by the kernel's own trampolines, which filters do not see from 6.14 on",
           "a kernel without");
inline constexpr SyscallGround kIntrospection =
    Denied(ENOSYS,
           "looks into other processes or the page cache (CVE-2019-5489)",
           "a kernel without: JVM, Mesa and libunwind have another way");
inline constexpr SyscallGround kNoNesting =
    Denied(EPERM, "no namespaces of one's own", "as for one without CAP_SYS_ADMIN");
inline constexpr SyscallGround kNoSplice =
    Denied(EINVAL,
           "moves pages of files into pipes (CVE-2022-0847)",
           "as for descriptors that it is not for: callers copy");
inline constexpr SyscallGround kNoDebugging =
    Denied(EPERM, "no looking into other processes", "as for one that may not trace the process");

}  // namespace ground
}  // namespace agentbox::plan
