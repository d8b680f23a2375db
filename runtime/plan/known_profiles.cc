#include "plan/known_profiles.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <span>
#include <utility>

#include "base/strings.h"
#include "plan/default_profile.h"
#include "plan/syscall_table.h"

namespace agentbox::plan {
namespace {

// Sources, read as data:
// - Docker: profiles/seccomp/default.json of moby at 20.10.24 (Debian's docker.io) and 00f3d189e4,
//   seccomp/default.json of moby/profiles at 190fa92cb2;
// - containerd: contrib/seccomp/seccomp_default.go at 1.6.20 (Debian) and 96929a5d31;
// - Podman: pkg/seccomp/seccomp.json of containers/common at 0.50.1 (Debian) and 4d1476ba87,
//   go.podman.io/common/pkg/seccomp/seccomp.json of Podman at 0d27a18a60, and
//   common/pkg/seccomp/seccomp.json of container-libs at 7a5bc89e21;
// - CRI-O: internal/config/seccomp/seccomp.go at 03c4bcacc8, which changes Podman's.

// Allowed by all of them.
constexpr std::string_view kCommon =
    "_llseek _newselect accept accept4 access adjtimex alarm bind brk capget capset chdir chmod "
    "chown chown32 clock_getres clock_getres_time64 clock_gettime clock_gettime64 "
    "clock_nanosleep clock_nanosleep_time64 close connect copy_file_range creat dup dup2 dup3 "
    "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_wait epoll_wait_old "
    "eventfd eventfd2 execve execveat exit exit_group faccessat fadvise64 fadvise64_64 "
    "fallocate fanotify_mark fchdir fchmod fchmodat fchown fchown32 fchownat fcntl fcntl64 "
    "fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 "
    "fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_time64 futimesat get_robust_list "
    "get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 "
    "getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid "
    "getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit getrusage "
    "getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr "
    "inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy "
    "io_getevents io_setup io_submit ioctl ioprio_get ioprio_set ipc kill lchown lchown32 "
    "lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat "
    "lstat64 madvise memfd_create mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall "
    "mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 "
    "mq_timedsend mq_timedsend_time64 mq_unlink mremap msgctl msgget msgrcv msgsnd msync "
    "munlock munlockall munmap nanosleep newfstatat open openat pause pipe pipe2 poll ppoll "
    "ppoll_time64 prctl pread64 preadv preadv2 prlimit64 pselect6 pselect6_time64 pwrite64 "
    "pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg "
    "recvmmsg_time64 recvmsg remap_file_pages removexattr rename renameat renameat2 "
    "restart_syscall rmdir rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo "
    "rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo "
    "sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr "
    "sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 "
    "sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp "
    "select semctl semget semop semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg "
    "sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 "
    "setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority "
    "setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 "
    "setrlimit setsid setsockopt setuid setuid32 setxattr shmat shmctl shmdt shmget shutdown "
    "sigaltstack signalfd signalfd4 sigprocmask sigreturn socketcall socketpair splice stat "
    "stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs sysinfo tee "
    "tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 "
    "timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 "
    "timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname "
    "unlink unlinkat utime utimensat utimensat_time64 utimes vfork wait4 waitid waitpid write "
    "writev";

// Allowed by all of them, and newer than 2019: a profile without one is an edited one.
constexpr std::string_view kCommonNew =
    "close_range epoll_pwait2 faccessat2 openat2 pidfd_open pidfd_send_signal";

// Allowed by some versions of Docker's and containerd's.
constexpr std::string_view kOfSomeDocker =
    "add_key clock_adjtime clock_adjtime64 io_uring_enter io_uring_register io_uring_setup "
    "keyctl name_to_handle_at pkey_alloc pkey_free pkey_mprotect process_vm_readv "
    "process_vm_writev ptrace request_key riscv_hwprobe uretprobe";

// Allowed by some versions of Podman's.
constexpr std::string_view kOfSomePodman =
    "clock_adjtime clock_adjtime64 clone fanotify_init get_mempolicy keyctl mbind membarrier "
    "mount name_to_handle_at pivot_root pkey_alloc pkey_free pkey_mprotect process_vm_readv "
    "process_vm_writev ptrace readdir reboot rseq set_mempolicy setns sigaction signal "
    "sigpending sigsuspend syscall syslog timerfd umount umount2";

// Refused by Podman's with EPERM, where others are with ENOSYS.
constexpr std::string_view kRefusedByPodman =
    "bdflush cachestat io_pgetevents io_pgetevents_time64 kexec_file_load kexec_load "
    "map_shadow_stack membarrier migrate_pages move_pages nfsservctl nice oldfstat oldlstat "
    "oldolduname oldstat olduname pciconfig_iobase pciconfig_read pciconfig_write rseq sgetmask "
    "ssetmask swapcontext swapoff swapon syscall sysfs uselib userfaultfd ustat vm86 vm86old "
    "vmsplice";

constexpr std::array<std::string_view, 5> kPersonalities = {
    "personality: ALLOW if arg0 == 0",
    "personality: ALLOW if arg0 == 8",
    "personality: ALLOW if arg0 == 131072",
    "personality: ALLOW if arg0 == 131080",
    "personality: ALLOW if arg0 == 4294967295",
};

// All rules of a default for socket(2), sorted. In some versions it allows all families, in others
// all but AF_VSOCK, in others AF_ALG neither.
constexpr std::array<std::string_view, 3> kDockerSockets = {
    "socket: ALLOW",
    "socket: ALLOW if arg0 != 40",
    "socket: ALLOW if arg0 < 38; socket: ALLOW if arg0 == 39; socket: ALLOW if arg0 > 40",
};

// The same, with and without CAP_AUDIT_WRITE, without which netlink's protocol of audit is refused.
constexpr std::array<std::string_view, 6> kPodmanSockets = {
    "socket: ALLOW",
    "socket: ALLOW if arg0 != 16; socket: ALLOW if arg2 != 9; "
    "socket: EINVAL if arg0 == 16 and arg2 == 9",
    "socket: ALLOW if arg0 != 40; socket: EPERM if arg0 == 40",
    "socket: ALLOW if arg0 != 16; socket: ALLOW if arg0 == 16 and arg2 != 9; "
    "socket: EINVAL if arg0 == 16 and arg2 == 9; socket: EPERM if arg0 == 40",
    "socket: ALLOW if arg0 != 40; socket: EPERM if arg0 == 38; socket: EPERM if arg0 == 40",
    "socket: ALLOW if arg0 != 16; socket: ALLOW if arg0 == 16 and arg2 != 9; "
    "socket: EINVAL if arg0 == 16 and arg2 == 9; socket: EPERM if arg0 == 38; "
    "socket: EPERM if arg0 == 40",
};

// Where the bounding set has not CAP_SYS_ADMIN.
constexpr std::array<std::string_view, 2> kWithoutNamespaces = {
    "clone: ALLOW if arg0 & 0x7e020000 == 0",
    "clone3: ENOSYS",
};

struct Condition {
  std::string_view capability;
  std::string_view syscalls;  // allowed with it
  std::string_view refused;   // without it, by Podman's, with EPERM
};

constexpr auto kConditions = std::to_array<Condition>({
    {"CAP_BPF", "bpf", "bpf"},
    {"CAP_DAC_READ_SEARCH", "open_by_handle_at", "open_by_handle_at"},
    {"CAP_PERFMON", "perf_event_open", "perf_event_open"},
    {"CAP_SYSLOG", "syslog", ""},
    {"CAP_SYS_ADMIN",
     "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie "
     "lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount "
     "name_to_handle_at open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname "
     "setns syslog umount umount2 unshare",
     "bpf fanotify_init lookup_dcookie perf_event_open quotactl quotactl_fd setdomainname "
     "sethostname setns"},
    {"CAP_SYS_BOOT", "reboot", ""},
    {"CAP_SYS_CHROOT", "chroot", "chroot"},
    {"CAP_SYS_MODULE",
     "delete_module finit_module init_module query_module",
     "delete_module finit_module init_module query_module"},
    {"CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node", ""},
    {"CAP_SYS_PACCT", "acct", "acct"},
    {"CAP_SYS_PTRACE",
     "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
     "kcmp process_madvise"},
    {"CAP_SYS_RAWIO", "ioperm iopl", "ioperm iopl"},
    {"CAP_SYS_TIME",
     "clock_settime clock_settime64 settimeofday stime",
     "clock_settime clock_settime64 settimeofday stime"},
    {"CAP_SYS_TTY_CONFIG", "vhangup", "vhangup"},
});

#if defined(__aarch64__)
constexpr std::string_view kOfArchitecture =
    "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2";
#else
constexpr std::string_view kOfArchitecture = "arch_prctl modify_ldt";
#endif

// The first number that came after 2019. Later versions of all defaults allow calls from here on
// one by one, as they appear.
constexpr std::uint32_t kFirstNew = 424;

enum class Engine : std::uint8_t { kDocker, kPodman, kCrio };

struct Family {
  Engine engine;
  std::string_view name;
  int otherwise;  // the errno of calls that no rule names
};

constexpr std::array kFamilies = {
    Family{Engine::kDocker, "Docker and containerd", EPERM},
    Family{Engine::kPodman, "Podman", ENOSYS},
    Family{Engine::kCrio, "CRI-O", ENOSYS},
};

constexpr std::string_view kSocket = "socket";

// The rules of a profile, sorted: this is asked at every start, so what is the same in all
// profiles, hundreds of calls that are allowed, is compared by name and not made into text.
struct RuleSet {
  std::vector<std::string_view> allowed;  // with any arguments
  std::vector<std::string> others;        // every other rule: "clone3: ENOSYS"
  std::vector<std::string> of_socket;     // socket(2)'s alone: what may be said otherwise

  void Allow(std::string_view syscalls) {
    for (const std::string_view syscall : Split(syscalls, ' '))
      allowed.push_back(syscall);
  }
  void Refuse(std::string_view syscalls) {
    for (const std::string_view syscall : Split(syscalls, ' ')) {
      if (!syscall.empty()) others.push_back(std::string(syscall) + ": EPERM");
    }
  }
  template <std::size_t kCount>
  void Add(const std::array<std::string_view, kCount>& lines) {
    others.insert(others.end(), lines.begin(), lines.end());
  }
  // Stable for its merging: most of it is sorted already.
  void Sort() {
    std::ranges::stable_sort(allowed);
    std::ranges::stable_sort(others);
    std::ranges::stable_sort(of_socket);
    of_socket.erase(std::unique(of_socket.begin(), of_socket.end()), of_socket.end());
  }
};

template <typename Strings>
bool Contains(const Strings& sorted, std::string_view string) {
  return std::ranges::binary_search(sorted, string);
}

std::string_view CallOf(std::string_view line) {
  return line.substr(0, line.find(':'));
}

bool Has(const std::vector<std::string>& capabilities, std::string_view capability) {
  return std::ranges::find(capabilities, capability) != capabilities.end();
}

// Every rule that a default of the family may have for these capabilities.
RuleSet KnownRules(Engine engine, const std::vector<std::string>& capabilities) {
  RuleSet rules;
  rules.Allow(kCommon);
  rules.Allow(kCommonNew);
  rules.Allow(kOfArchitecture);
  rules.Add(kPersonalities);
  if (engine == Engine::kDocker) {
    rules.Allow(kOfSomeDocker);
    rules.Allow("io_pgetevents io_pgetevents_time64 membarrier rseq vmsplice");
    rules.of_socket.assign(kDockerSockets.begin(), kDockerSockets.end());
  } else {
    rules.Allow(kOfSomePodman);
    if (engine == Engine::kPodman) rules.Allow("unshare");
    rules.Refuse(kRefusedByPodman);
    rules.of_socket.assign(kPodmanSockets.begin(), kPodmanSockets.end());
  }
  for (const Condition& condition : kConditions) {
    if (Has(capabilities, condition.capability)) {
      rules.Allow(condition.syscalls);
    } else if (engine != Engine::kDocker) {
      rules.Refuse(condition.refused);
    }
  }
  const bool may_unshare = engine == Engine::kPodman || Has(capabilities, "CAP_SYS_ADMIN");
  if (!may_unshare) rules.Add(kWithoutNamespaces);
  rules.Sort();
  return rules;
}

RuleSet RulesOf(const SeccompFilter& filter) {
  RuleSet rules;
  for (const SeccompRule& rule : filter.rules) {
    if (rule.syscall == kSocket) {
      rules.of_socket.push_back(ToString(rule));
    } else if (rule.decision.action == SeccompAction::kAllow && rule.conditions.empty()) {
      rules.allowed.push_back(rule.syscall);
    } else {
      rules.others.push_back(ToString(rule));
    }
  }
  rules.Sort();
  return rules;
}

bool IsNewCall(std::string_view syscall) {
  const SyscallEntry* const entry = FindSyscall(syscall);
  return entry != nullptr && entry->Number().value_or(0) >= kFirstNew;
}

// Whether ours opens a call, other than one for a program's limits of itself, and one that some
// versions of a default leave out.
bool IsOpened(std::string_view syscall, const policy::Policy& policy) {
  const auto& allowed = policy.allowed_syscalls;
  if (std::ranges::find(allowed, syscall) != allowed.end()) return true;
  const SyscallEntry* const entry = FindSyscall(syscall);
  if (entry == nullptr || !entry->Number()) return false;
  if (syscall == "name_to_handle_at") return false;
  const SyscallGround& ground = GroundOf(*entry, policy.profile);
  if (&ground == &ground::kOwnLimits) return false;
  return ground.kind == SyscallKind::kHost || ground.kind == SyscallKind::kLimited;
}

// What a profile has that no default has, and has not that all have or that ours would open; the
// profile is a default where there is nothing.
struct Differences {
  std::vector<std::string> added;
  std::vector<std::string> missing;
  std::size_t Count() const { return added.size() + missing.size(); }
};

std::vector<std::string> Added(const RuleSet& found, const RuleSet& known) {
  std::vector<std::string> added;
  for (const std::string_view syscall : found.allowed) {
    if (!Contains(known.allowed, syscall) && !IsNewCall(syscall)) {
      added.push_back(std::string(syscall) + ": ALLOW");
    }
  }
  std::ranges::set_difference(found.others, known.others, std::back_inserter(added));
  const std::string of_socket = Join(found.of_socket, "; ");
  if (!of_socket.empty() && !Contains(known.of_socket, of_socket)) added.push_back(of_socket);
  std::ranges::sort(added);
  return added;
}

// Whether a profile has a rule for a call: one that allows it, or one of a default's.
bool Names(const RuleSet& found, const RuleSet& known, std::string_view syscall) {
  if (Contains(found.allowed, syscall)) return true;
  return std::ranges::any_of(found.others, [&](const std::string& line) {
    return CallOf(line) == syscall && Contains(known.others, line);
  });
}

bool IsCommon(std::string_view syscall) {
  return Contains(Split(kCommon, ' '), syscall);
}

// Docker opened process_vm_*(2) when it had refused io_uring already.
bool IsOfBothTimes(const RuleSet& found, std::string_view syscall) {
  return syscall.starts_with("process_vm_") && Contains(found.allowed, "io_uring_setup");
}

std::vector<std::string> Missing(const RuleSet& found,
                                 const RuleSet& known,
                                 const policy::Policy& policy) {
  std::vector<std::string> missing;
  const auto look_for = [&](std::string_view syscall) {
    if (Names(found, known, syscall) || IsOfBothTimes(found, syscall)) return;
    if (IsOpened(syscall, policy) || IsCommon(syscall)) missing.emplace_back(syscall);
  };
  std::ranges::for_each(known.allowed, look_for);
  for (const std::string& line : known.others) {
    if (line.find(": ALLOW") != std::string::npos) look_for(CallOf(line));
  }
  if (found.of_socket.empty()) missing.emplace_back(kSocket);
  std::ranges::sort(missing);
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  for (const std::string_view line : kPersonalities) {
    if (!Contains(found.others, line)) missing.emplace_back(line);
  }
  return missing;
}

std::string Text(const Family& family, const Differences& differences) {
  constexpr std::size_t kFar = 60;
  if (differences.Count() > kFar) return "it is like no engine's default";
  const bool adds = !differences.added.empty();
  const std::string& first = adds ? differences.added.front() : differences.missing.front();
  std::string text = (adds ? "it has \"" : "it leaves out \"") + first + "\"";
  if (differences.Count() > 1) {
    text += " and " + std::to_string(differences.Count() - 1) + " more";
  }
  return text + (adds ? ", unlike" : " of") + " the default of " + std::string(family.name);
}

// Both write annotations io.kubernetes.cri-o.*.
bool IsCrio(const std::map<std::string, std::string>& annotations) {
  const auto manager = annotations.find("io.container.manager");
  return manager != annotations.end() && manager->second == "cri-o";
}

}  // namespace

Recognition RecognizeDefault(const SeccompFilter& filter,
                             const std::vector<std::string>& capabilities,
                             const std::map<std::string, std::string>& annotations,
                             const policy::Policy& policy) {
  // No default has flags; what there is without any is SPEC_ALLOW.
  if ((filter.flags & ~unsigned{SECCOMP_FILTER_FLAG_SPEC_ALLOW}) != 0) {
    return {.difference = "it has flags, unlike any engine's default"};
  }
  const RuleSet found = RulesOf(filter);
  Recognition nearest = {.difference = "its default action is that of no engine's default"};
  std::size_t least = SIZE_MAX;
  for (const Family& family : kFamilies) {
    if (family.engine == Engine::kCrio && !IsCrio(annotations)) continue;
    if (filter.otherwise.action != SeccompAction::kErrno ||
        filter.otherwise.data != family.otherwise) {
      continue;
    }
    const RuleSet known = KnownRules(family.engine, capabilities);
    const Differences differences = {Added(found, known), Missing(found, known, policy)};
    if (differences.Count() == 0) return {.engine = family.name};
    if (differences.Count() >= least) continue;
    least = differences.Count();
    nearest.difference = Text(family, differences);
  }
  return nearest;
}

}  // namespace agentbox::plan
