#include "plan/default_profile.h"

#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "plan/syscall_table.h"

namespace agentbox::plan {
namespace {

constexpr SeccompDecision kAllow = {SeccompAction::kAllow, 0};

constexpr SeccompDecision Refuse(int number) {
  return {SeccompAction::kErrno, static_cast<std::uint16_t>(number)};
}

// The kernel reads most arguments as 32 bits, so a rule that looks at 64 is passed by with a bit
// set in the upper half (CVE-2019-7303).
SeccompCondition Is(unsigned argument, std::uint32_t value) {
  return {argument, SeccompCompare::kMaskedEq, 0xffffffff, value};
}

SeccompCondition Has(unsigned argument, std::uint32_t bit) {
  return {argument, SeccompCompare::kMaskedEq, bit, bit};
}

// Families and protocols that programs use. The others are where the kernel's holes are: AF_ALG,
// AF_VSOCK, AF_PACKET, AF_KEY, AF_RXRPC; netfilter's and XFRM's netlink.
void AddSockets(std::vector<SeccompRule>& rules) {
  constexpr std::uint32_t kSmc = 256;  // IPPROTO_SMC
  const auto add = [&](SeccompDecision decision, std::vector<SeccompCondition> conditions) {
    rules.push_back({"socket", decision, std::move(conditions)});
  };
  add(kAllow, {Is(0, AF_UNIX)});
  for (const std::uint32_t family : {AF_INET, AF_INET6}) {
    add(Refuse(EPROTONOSUPPORT), {Is(0, family), Is(2, kSmc)});
    add(kAllow, {Is(0, family)});
  }
  for (const std::uint32_t protocol : {NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_KOBJECT_UEVENT}) {
    add(kAllow, {Is(0, AF_NETLINK), Is(2, protocol)});
  }
  // What PAM and sudo take for "no auditing here".
  add(Refuse(EINVAL), {Is(0, AF_NETLINK), Is(2, NETLINK_AUDIT)});
  add(Refuse(EPROTONOSUPPORT), {Is(0, AF_NETLINK)});
  add(Refuse(EAFNOSUPPORT), {});

  rules.push_back({"socketpair", kAllow, {Is(0, AF_UNIX)}});
  rules.push_back({"socketpair", Refuse(EAFNOSUPPORT), {}});
}

void AddSocketOptions(std::vector<SeccompRule>& rules) {
  constexpr std::uint32_t kTcpUlp = 31;      // TCP_ULP: kernel TLS, espintcp, SMC
  constexpr std::uint32_t kUdpEncap = 100;   // UDP_ENCAP: ESP in UDP
  constexpr std::uint32_t kSetReplace = 64;  // IPT_SO_SET_REPLACE, IP6T_SO_SET_REPLACE
  const auto refuse = [&](std::uint32_t level, std::uint32_t option) {
    rules.push_back({"setsockopt", Refuse(ENOPROTOOPT), {Is(1, level), Is(2, option)}});
  };
  refuse(IPPROTO_TCP, kTcpUlp);
  refuse(IPPROTO_UDP, kUdpEncap);
  refuse(IPPROTO_IP, kSetReplace);
  refuse(IPPROTO_IPV6, kSetReplace);
  rules.push_back({"setsockopt", kAllow, {}});

  // Out-of-band data of unix sockets (CVE-2025-38236); TCP's goes with it.
  constexpr std::array<std::pair<std::string_view, unsigned>, 3> kSends = {
      {{"sendto", 3}, {"sendmsg", 2}, {"sendmmsg", 3}}};
  for (const auto& [name, flags] : kSends) {
    rules.push_back({std::string(name), Refuse(EOPNOTSUPP), {Has(flags, MSG_OOB)}});
    rules.push_back({std::string(name), kAllow, {}});
  }
}

void AddOthers(std::vector<SeccompRule>& rules) {
  rules.push_back({"mmap", Refuse(EOPNOTSUPP), {Has(3, MAP_GROWSDOWN)}});
  rules.push_back({"mmap", kAllow, {}});

  // Input typed into a terminal that a process of the host reads next: the terminal of `do` is the
  // user's.
  for (const std::uint32_t request : {TIOCSTI, TIOCLINUX}) {
    rules.push_back({"ioctl", Refuse(EPERM), {Is(1, request)}});
  }
  rules.push_back({"ioctl", kAllow, {}});

  rules.push_back({"userfaultfd", kAllow, {Has(0, UFFD_USER_MODE_ONLY)}});
  rules.push_back({"userfaultfd", Refuse(EPERM), {}});

  // Asking for it, 32-bit builds, gdb's and ASan's fixed addresses, old version numbers.
  for (const std::uint32_t persona : {std::uint32_t{PER_LINUX},
                                      std::uint32_t{PER_LINUX32},
                                      std::uint32_t{UNAME26},
                                      std::uint32_t{UNAME26} | PER_LINUX32,
                                      std::uint32_t{ADDR_NO_RANDOMIZE},
                                      std::uint32_t{UNAME26} | ADDR_NO_RANDOMIZE,
                                      std::uint32_t{0xffffffff}}) {
    rules.push_back({"personality", kAllow, {Is(0, persona)}});
  }
  rules.push_back({"personality", Refuse(EPERM), {}});
}

// No namespaces of one's own. clone3(2) has its flags in memory: libc falls back on ENOSYS alone.
void AddWithoutNamespaces(std::vector<SeccompRule>& rules) {
  for (const std::uint32_t flag : {CLONE_NEWUSER,
                                   CLONE_NEWNS,
                                   CLONE_NEWPID,
                                   CLONE_NEWNET,
                                   CLONE_NEWIPC,
                                   CLONE_NEWUTS,
                                   CLONE_NEWCGROUP}) {
    rules.push_back({"clone", Refuse(EPERM), {Has(0, flag)}});
  }
  rules.push_back({"clone", kAllow, {}});
}

// What a profile says of a call otherwise than the table.
struct Exception {
  policy::Profile profile;
  std::string_view name;
  int number;  // the errno; 0: allowed
};

constexpr std::array kExceptions = {
    // Bound to user space by kernel.perf_event_paranoid.
    Exception{policy::Profile::kDebug, "perf_event_open", 0},
    Exception{policy::Profile::kParanoid, "splice", EINVAL},
    Exception{policy::Profile::kParanoid, "tee", EINVAL},
    Exception{policy::Profile::kParanoid, "clone3", ENOSYS},
    Exception{policy::Profile::kParanoid, "unshare", EPERM},
    Exception{policy::Profile::kParanoid, "setns", EPERM},
    Exception{policy::Profile::kParanoid, "mount", EPERM},
    Exception{policy::Profile::kParanoid, "umount2", EPERM},
    Exception{policy::Profile::kParanoid, "pivot_root", EPERM},
    Exception{policy::Profile::kParanoid, "open_tree", ENOSYS},
    Exception{policy::Profile::kParanoid, "move_mount", ENOSYS},
    Exception{policy::Profile::kParanoid, "mount_setattr", ENOSYS},
};

std::vector<SeccompRule> LimitedRules(policy::Profile profile) {
  std::vector<SeccompRule> rules;
  AddSockets(rules);
  AddSocketOptions(rules);
  AddOthers(rules);
  if (profile == policy::Profile::kParanoid) AddWithoutNamespaces(rules);
  return rules;
}

int AnswerOf(const SyscallEntry& entry, policy::Profile profile) {
  for (const Exception& exception : kExceptions) {
    if (exception.profile == profile && exception.name == entry.name) return exception.number;
  }
  return entry.number;
}

std::vector<SeccompRule> RulesOf(policy::Profile profile) {
  std::vector<SeccompRule> rules = LimitedRules(profile);
  std::vector<std::string> limited;
  for (const SeccompRule& rule : rules) {
    if (limited.empty() || limited.back() != rule.syscall) limited.push_back(rule.syscall);
  }
  rules.reserve(rules.size() + SyscallTable().size());
  for (const SyscallEntry& entry : SyscallTable()) {
    if (std::ranges::find(limited, entry.name) != limited.end()) continue;
    const int number = AnswerOf(entry, profile);
    rules.push_back({std::string(entry.name), number == 0 ? kAllow : Refuse(number), {}});
  }
  return rules;
}

}  // namespace

SeccompFilter DefaultFilter(policy::Profile profile) {
  return {.origin = "profile " + std::string(policy::Name(profile)),
          .otherwise = Refuse(ENOSYS),
          .rules = RulesOf(profile),
          .flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW};
}

SurfaceCounts CountSurface(policy::Profile profile) {
  const std::vector<SeccompRule> rules = RulesOf(profile);
  SurfaceCounts counts;
  std::string_view previous;
  for (const SeccompRule& rule : rules) {
    if (rule.syscall == previous) continue;
    previous = rule.syscall;
    if (!rule.conditions.empty()) {
      ++counts.limited;
    } else if (rule.decision.action == SeccompAction::kAllow) {
      ++counts.unlimited;
    } else {
      ++counts.denied;
    }
  }
  return counts;
}

}  // namespace agentbox::plan
