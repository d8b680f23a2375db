#include "plan/syscall_limits.h"

#include <linux/netlink.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "base/strings.h"

namespace agentbox::plan {
namespace {

using policy::Profile;
using Conditions = std::vector<SeccompCondition>;

constexpr std::uint32_t kAllBits = 0xffffffff;

// The kernel reads most arguments as 32 bits, so a rule that looks at 64 is passed by with a bit
// set in the upper half (CVE-2019-7303).
SeccompCondition Masked(unsigned argument, std::uint32_t mask, std::uint32_t value) {
  return {argument, SeccompCompare::kMaskedEq, mask, value};
}

SeccompCondition Is(unsigned argument, std::uint32_t value) {
  return Masked(argument, kAllBits, value);
}

SeccompCondition Has(unsigned argument, std::uint32_t bit) {
  return Masked(argument, bit, bit);
}

SeccompCondition HasOnly(unsigned argument, std::uint32_t bits) {
  return Masked(argument, ~bits, 0);
}

}  // namespace

// The rules of one call, as they are written down.
class LimitWriter {
 public:
  explicit LimitWriter(std::string_view syscall) : syscall_(syscall) {}

  void Allow(Conditions conditions = {}) {
    rules_.push_back({syscall_, {SeccompAction::kAllow, 0}, std::move(conditions)});
  }
  void Refuse(int number, Conditions conditions = {}) {
    const auto data = static_cast<std::uint16_t>(number);
    rules_.push_back({syscall_, {SeccompAction::kErrno, data}, std::move(conditions)});
  }
  std::vector<SeccompRule> Take() && { return std::move(rules_); }

 private:
  std::string syscall_;
  std::vector<SeccompRule> rules_;
};

namespace {

bool HasEngines(Profile profile) {
  return profile == Profile::kEngine;
}

void Socket(LimitWriter& rules, Profile profile) {
  // AF_INET and AF_INET6 differ in this bit.
  constexpr std::uint32_t kVersion = AF_INET ^ AF_INET6;
  static_assert(kVersion == 8 && (AF_INET & kVersion) == 0);
  const SeccompCondition is_internet = Masked(0, kAllBits & ~kVersion, AF_INET);

  rules.Allow({Is(0, AF_UNIX)});
  if (HasEngines(profile)) {
    rules.Allow({Is(0, AF_PACKET)});
    rules.Allow({Is(0, AF_NETLINK), Is(2, NETLINK_NETFILTER)});
  }
  for (const std::uint32_t protocol : {NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_KOBJECT_UEVENT}) {
    rules.Allow({Is(0, AF_NETLINK), Is(2, protocol)});
  }
  // What PAM and sudo take for "no auditing here".
  rules.Refuse(EINVAL, {Is(0, AF_NETLINK), Is(2, NETLINK_AUDIT)});
  rules.Refuse(EPROTONOSUPPORT, {Is(0, AF_NETLINK)});
  // Types from 4 on: SOCK_PACKET is AF_PACKET by an older name (packet(7)), and with protocol 0 the
  // others find DCCP and SCTP.
  static_assert(SOCK_STREAM < 4 && SOCK_DGRAM < 4 && SOCK_RAW < 4);
  for (const std::uint32_t bit : {4, 8}) {
    rules.Refuse(ESOCKTNOSUPPORT, {is_internet, Has(1, bit)});
  }
  constexpr std::array<std::uint32_t, 6> kProtocols = {
      IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_RAW};
  for (const std::uint32_t protocol : kProtocols) {
    rules.Allow({is_internet, Is(2, protocol)});
  }
  rules.Refuse(EPROTONOSUPPORT, {is_internet});
  rules.Refuse(EAFNOSUPPORT);
}

void SocketPair(LimitWriter& rules, Profile /*profile*/) {
  rules.Allow({Is(0, AF_UNIX)});
  rules.Refuse(EAFNOSUPPORT);
}

void SetSocketOption(LimitWriter& rules, Profile profile) {
  constexpr std::uint32_t kTcpUlp = 31;     // TCP_ULP: kernel TLS, espintcp, SMC
  constexpr std::uint32_t kUdpEncap = 100;  // UDP_ENCAP: ESP in UDP
  const auto refuse = [&rules](std::uint32_t level, std::uint32_t option) {
    rules.Refuse(ENOPROTOOPT, {Is(1, level), Is(2, option)});
  };
  refuse(IPPROTO_TCP, kTcpUlp);
  refuse(IPPROTO_UDP, kUdpEncap);
  refuse(IPPROTO_UDPLITE, kUdpEncap);  // the same to a UDP socket
  refuse(IPPROTO_IP, IP_IPSEC_POLICY);
  refuse(IPPROTO_IP, IP_XFRM_POLICY);
  if (!HasEngines(profile)) {
    // From 64 on IP has no options of its own: {IPT,ARPT,EBT,IP_VS}_SO_SET_*, multicast routing.
    rules.Allow({Is(1, IPPROTO_IP), HasOnly(2, 63)});
    rules.Refuse(ENOPROTOOPT, {Is(1, IPPROTO_IP)});
  }
  refuse(IPPROTO_IPV6, IPV6_IPSEC_POLICY);
  refuse(IPPROTO_IPV6, IPV6_XFRM_POLICY);
  if (!HasEngines(profile)) {
    // IP6T_SO_SET_REPLACE and IP6T_SO_SET_ADD_COUNTERS are between IPv6's own; MRT6_* come after.
    rules.Refuse(ENOPROTOOPT, {Is(1, IPPROTO_IPV6), Masked(2, kAllBits & ~1U, 64)});
    rules.Allow({Is(1, IPPROTO_IPV6), HasOnly(2, 127)});
    rules.Refuse(ENOPROTOOPT, {Is(1, IPPROTO_IPV6)});
  }
  rules.Allow();
}

// Out-of-band data of unix sockets (CVE-2025-38236); TCP's goes with it.
template <unsigned kFlags>
void Send(LimitWriter& rules, Profile /*profile*/) {
  rules.Refuse(EOPNOTSUPP, {Has(kFlags, MSG_OOB)});
  rules.Allow();
}

void Mmap(LimitWriter& rules, Profile /*profile*/) {
  rules.Refuse(EOPNOTSUPP, {Has(3, MAP_GROWSDOWN)});
  rules.Refuse(ENOMEM, {Has(3, MAP_HUGETLB)});
  rules.Allow();
}

void Shmget(LimitWriter& rules, Profile /*profile*/) {
  rules.Refuse(EPERM, {Has(2, SHM_HUGETLB)});
  rules.Allow();
}

void MemfdCreate(LimitWriter& rules, Profile /*profile*/) {
  constexpr std::uint32_t kNoExecSeal = 8;  // MFD_NOEXEC_SEAL
  constexpr std::uint32_t kExec = 16;       // MFD_EXEC
  rules.Allow({HasOnly(1, MFD_CLOEXEC | MFD_ALLOW_SEALING | kNoExecSeal | kExec)});
  rules.Refuse(EINVAL);
}

void Madvise(LimitWriter& rules, Profile /*profile*/) {
  constexpr std::uint32_t kSoftOffline = 101;  // MADV_SOFT_OFFLINE
  rules.Refuse(EINVAL, {Is(2, MADV_MERGEABLE)});
  rules.Refuse(EPERM, {Is(2, MADV_HWPOISON)});
  rules.Refuse(EPERM, {Is(2, kSoftOffline)});
  rules.Allow();
}

void Ioctl(LimitWriter& rules, Profile /*profile*/) {
  for (const std::uint32_t request : {TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD}) {
    rules.Refuse(EPERM, {Is(1, request)});
  }
  rules.Allow();
}

void Fcntl(LimitWriter& rules, Profile /*profile*/) {
  constexpr std::uint32_t kSetLease = 1024;  // F_SETLEASE
  constexpr std::uint32_t kNotify = 1026;    // F_NOTIFY
  rules.Refuse(EINVAL, {Is(1, kSetLease)});
  rules.Refuse(EINVAL, {Is(1, kNotify)});
  rules.Allow();
}

void Personality(LimitWriter& rules, Profile /*profile*/) {
  // 32-bit builds and old version numbers, or gdb's and ASan's fixed addresses and those; asking.
  rules.Allow({HasOnly(0, std::uint32_t{PER_LINUX32} | UNAME26)});
  rules.Allow({HasOnly(0, std::uint32_t{ADDR_NO_RANDOMIZE} | UNAME26)});
  rules.Allow({Is(0, kAllBits)});
  rules.Refuse(EPERM);
}

void Prctl(LimitWriter& rules, Profile /*profile*/) {
  constexpr std::uint32_t kMemoryMerge = 67;   // PR_SET_MEMORY_MERGE
  constexpr std::uint64_t kNewest = 76;        // PR_LOCK_SHADOW_STACK_STATUS
  constexpr std::uint32_t kAuxv = 0x41555856;  // PR_GET_AUXV
  rules.Refuse(EPERM, {Is(0, PR_SET_MM)});
  for (const std::uint32_t option : {std::uint32_t{PR_TASK_PERF_EVENTS_DISABLE},
                                     std::uint32_t{PR_TASK_PERF_EVENTS_ENABLE},
                                     std::uint32_t{PR_MCE_KILL},
                                     std::uint32_t{PR_SET_IO_FLUSHER},
                                     std::uint32_t{PR_SCHED_CORE},
                                     kMemoryMerge}) {
    rules.Refuse(EINVAL, {Is(0, option)});
  }
  rules.Allow({{0, SeccompCompare::kLe, kNewest, 0}});
  for (const std::uint32_t option :
       {std::uint32_t{PR_SET_VMA}, std::uint32_t{PR_SET_PTRACER}, kAuxv}) {
    rules.Allow({Is(0, option)});
  }
  rules.Refuse(EINVAL);
}

void ArchPrctl(LimitWriter& rules, Profile /*profile*/) {
  // ARCH_{GET,SET}_{FS,GS,CPUID} and ARCH_*_XCOMP_*: 0x1001 to 0x1025.
  rules.Allow({Masked(0, 0xffffff00, 0x1000)});
  rules.Refuse(EINVAL);
}

void Seccomp(LimitWriter& rules, Profile /*profile*/) {
  static_assert(SECCOMP_GET_NOTIF_SIZES == 3);  // the last one
  rules.Allow({HasOnly(0, 3)});
  rules.Refuse(EINVAL);
}

constexpr std::uint32_t kNamespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                                      CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

void Unshare(LimitWriter& rules, Profile /*profile*/) {
  rules.Allow({HasOnly(0,
                       kNamespaces | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_THREAD |
                           CLONE_SIGHAND | CLONE_VM)});
  rules.Refuse(EINVAL);
}

void Clone(LimitWriter& rules, Profile /*profile*/) {
  rules.Allow({Masked(0, kNamespaces, 0)});
  rules.Refuse(EPERM);
}

void PerfEventOpen(LimitWriter& rules, Profile /*profile*/) {
  constexpr std::uint32_t kOfCgroup = 4;  // PERF_FLAG_PID_CGROUP: the pid is a descriptor
  rules.Refuse(EACCES, {Is(1, kAllBits)});
  rules.Refuse(EACCES, {Has(4, kOfCgroup)});
  rules.Allow();
}

constexpr auto kLimits = std::to_array<SyscallLimit>({
    {"arch_prctl",
     "anything but registers and XSAVE state gives EINVAL, as on an older kernel",
     ArchPrctl},
    {"clone", "a new namespace gives EPERM, as without CAP_SYS_ADMIN", Clone},
    {"fcntl",
     "F_SETLEASE, by which another's open(2) waits, and F_NOTIFY, which inotify(7) "
     "replaced, give EINVAL, as on file systems without",
     Fcntl},
    {"ioctl",
     "TIOCSTI, TIOCLINUX and TIOCCONS, which type or read for others at a terminal of the "
     "host, and TIOCSETD, which loads line disciplines (CVE-2023-6546), give EPERM, as "
     "without CAP_SYS_ADMIN",
     Ioctl},
    {"madvise",
     "MADV_MERGEABLE, which tells other sandboxes' memory by its timing, gives EINVAL, as on "
     "a kernel without it; MADV_HWPOISON and MADV_SOFT_OFFLINE give EPERM",
     Madvise},
    {"memfd_create",
     "MFD_HUGETLB, the host's reserved pages, and flags that are newer give EINVAL, as on an "
     "older kernel",
     MemfdCreate},
    {"mmap",
     "MAP_GROWSDOWN (CVE-2023-3269) gives EOPNOTSUPP, as for an unknown flag; MAP_HUGETLB, "
     "the host's reserved pages, gives ENOMEM, as where none are reserved",
     Mmap},
    {"perf_event_open",
     "events of all processes, or of a cgroup's, give EACCES, which perf(1) explains",
     PerfEventOpen},
    {"personality",
     "anything but Linux, its 32-bit form, UNAME26 and ADDR_NO_RANDOMIZE gives EPERM",
     Personality},
    {"prctl",
     "PR_SET_MM gives EPERM; PR_MCE_KILL, PR_SCHED_CORE, PR_SET_IO_FLUSHER, "
     "PR_SET_MEMORY_MERGE, PR_TASK_PERF_EVENTS_* and options newer than "
     "PR_LOCK_SHADOW_STACK_STATUS give EINVAL, as on an older kernel",
     Prctl},
    {"seccomp", "operations newer than Linux 6.18 give EINVAL, as on an older kernel", Seccomp},
    {"sendmmsg", "MSG_OOB (CVE-2025-38236) gives EOPNOTSUPP, as for sockets without", Send<3>},
    {"sendmsg", "MSG_OOB (CVE-2025-38236) gives EOPNOTSUPP, as for sockets without", Send<2>},
    {"sendto", "MSG_OOB (CVE-2025-38236) gives EOPNOTSUPP, as for sockets without", Send<3>},
    {"setsockopt",
     "TCP_ULP (kernel TLS: nine CVEs), UDP_ENCAP, policies of IPsec, the tables of netfilter "
     "(CVE-2021-22555), IPVS and multicast routing give ENOPROTOOPT, as on a kernel without",
     SetSocketOption},
    {"shmget",
     "SHM_HUGETLB, the host's reserved pages, gives EPERM, as without CAP_IPC_LOCK",
     Shmget},
    {"socket",
     "families but AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK (AF_ALG, AF_VSOCK, AF_PACKET, "
     "AF_KEY, AF_RXRPC, ...) give EAFNOSUPPORT; internet protocols but TCP, UDP, ICMP and "
     "raw, and netlink's but ROUTE, SOCK_DIAG and KOBJECT_UEVENT give EPROTONOSUPPORT; "
     "internet sockets but streams, datagrams and raw ones (SOCK_PACKET, DCCP, SCTP) give "
     "ESOCKTNOSUPPORT; netlink's AUDIT gives EINVAL, which PAM and sudo take for \"no auditing "
     "here\"",
     Socket},
    {"socketpair", "families but AF_UNIX give EAFNOSUPPORT", SocketPair},
    {"unshare", "CLONE_NEWTIME and unknown flags give EINVAL, as on an older kernel", Unshare},
});

}  // namespace

std::span<const SyscallLimit> SyscallLimits() {
  return kLimits;
}

const SyscallLimit* FindLimit(std::string_view syscall) {
  const auto* const found = std::ranges::find(kLimits, syscall, &SyscallLimit::syscall);
  return found != kLimits.end() ? found : nullptr;
}

std::vector<SeccompRule> LimitRules(std::string_view syscall, Profile profile) {
  const auto* const limit = FindLimit(syscall);
  LimitWriter rules(syscall);
  if (limit != nullptr) limit->write(rules, profile);
  return std::move(rules).Take();
}

}  // namespace agentbox::plan
