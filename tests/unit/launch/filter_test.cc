#include "launch/filter.h"

#include <linux/seccomp.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <random>

#include <boost/test/unit_test.hpp>

#include "plan/default_profile.h"
#include "plan/seccomp.h"
#include "plan/syscall_table.h"
#include "support/bpf_evaluator.h"

namespace agentbox::launch {
namespace {

using Arguments = std::array<std::uint64_t, 6>;

constexpr std::uint32_t Errno(int number) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(number);
}

struct seccomp_data Call(std::uint32_t number, const Arguments& arguments) {
  struct seccomp_data data = {.nr = static_cast<int>(number), .arch = seccomp_arch_native()};
  for (std::size_t i = 0; i < arguments.size(); ++i)
    data.args[i] = arguments[i];
  return data;
}

std::uint32_t AnswerTo(const abi::SeccompProgram& program, const struct seccomp_data& data) {
  const auto verdict = support::Evaluate(program.instructions, data);
  BOOST_REQUIRE(verdict.has_value());
  return verdict->answer;
}

abi::SeccompProgram Compiled(const plan::SeccompFilter& filter) {
  auto program = CompileFilter(filter);
  BOOST_REQUIRE(program.has_value());
  return *std::move(program);
}

struct Default {
  abi::SeccompProgram program = Compiled(plan::DefaultFilter(policy::Profile::kDev));

  std::uint32_t operator()(std::uint32_t number, const Arguments& arguments = {}) const {
    return AnswerTo(program, Call(number, arguments));
  }
};

BOOST_AUTO_TEST_SUITE(filter)

BOOST_AUTO_TEST_CASE(families_of_sockets_are_those_that_programs_use) {
  const Default answer;
  BOOST_TEST(answer(SYS_socket, {AF_UNIX, SOCK_STREAM}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_socket, {AF_INET, SOCK_STREAM}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_socket, {AF_INET6, SOCK_DGRAM}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_socket, {AF_NETLINK, SOCK_RAW, 0}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_socket, {AF_NETLINK, SOCK_RAW, 9}) == Errno(EINVAL));
  BOOST_TEST(answer(SYS_socket, {AF_NETLINK, SOCK_RAW, 12}) == Errno(EPROTONOSUPPORT));
  BOOST_TEST(answer(SYS_socket, {AF_NETLINK, SOCK_RAW, 6}) == Errno(EPROTONOSUPPORT));
  BOOST_TEST(answer(SYS_socket, {AF_INET, SOCK_STREAM, 256}) == Errno(EPROTONOSUPPORT));
  for (const std::uint64_t family : {AF_UNSPEC, AF_ALG, AF_VSOCK, AF_PACKET, AF_KEY, AF_RXRPC}) {
    BOOST_TEST(answer(SYS_socket, {family, SOCK_RAW}) == Errno(EAFNOSUPPORT));
  }
}

BOOST_AUTO_TEST_CASE(bits_that_the_kernel_does_not_read_change_nothing) {
  constexpr std::uint64_t kUpper = 1ULL << 32U;
  const Default answer;
  BOOST_TEST(answer(SYS_socket, {AF_ALG | kUpper}) == Errno(EAFNOSUPPORT));
  BOOST_TEST(answer(SYS_setsockopt, {3, 6 | kUpper, 31 | kUpper}) == Errno(ENOPROTOOPT));
  BOOST_TEST(answer(SYS_ioctl, {0, 0x5412 | kUpper}) == Errno(EPERM));
}

// Names and ways around the list of families.
BOOST_AUTO_TEST_CASE(internet_sockets_are_of_the_types_that_programs_use) {
  const Default answer;
  constexpr std::uint64_t kDccp = 6;
  for (const std::uint64_t family : {AF_INET, AF_INET6}) {
    for (const std::uint64_t type : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW})
      BOOST_TEST(answer(SYS_socket, {family, type | SOCK_CLOEXEC}) == SECCOMP_RET_ALLOW);
    for (const std::uint64_t type :
         {std::uint64_t{SOCK_PACKET}, std::uint64_t{SOCK_SEQPACKET}, kDccp})
      BOOST_TEST(answer(SYS_socket, {family, type | SOCK_CLOEXEC}) == Errno(ESOCKTNOSUPPORT));
  }
  BOOST_TEST(answer(SYS_socket, {AF_UNIX, SOCK_SEQPACKET}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_socketpair, {AF_UNIX, SOCK_SEQPACKET}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_socketpair, {AF_INET, SOCK_STREAM}) == Errno(EAFNOSUPPORT));
}

struct LimitedCall {
  std::uint32_t number;
  Arguments arguments;
  int refusal;  // 0: it is let through
};

// Written down here and not read from the rules: what each call's text says is refused, and the
// nearest that is not.
constexpr auto kLimitedCalls = std::to_array<LimitedCall>({
  {SYS_setsockopt, {3, IPPROTO_UDP, 100}, ENOPROTOOPT},          // UDP_ENCAP
      {SYS_setsockopt, {3, IPPROTO_UDPLITE, 100}, ENOPROTOOPT},  // the same, of a UDP socket
      {SYS_setsockopt, {3, IPPROTO_UDP, 101}, 0},
      {SYS_setsockopt, {3, IPPROTO_IP, 16}, ENOPROTOOPT},  // IP_IPSEC_POLICY
      {SYS_setsockopt, {3, IPPROTO_IP, 17}, ENOPROTOOPT},  // IP_XFRM_POLICY
      {SYS_setsockopt, {3, IPPROTO_IP, 18}, 0},
      {SYS_setsockopt, {3, IPPROTO_IP, 200}, ENOPROTOOPT},    // MRT_INIT
      {SYS_setsockopt, {3, IPPROTO_IP, 1153}, ENOPROTOOPT},   // IP_VS_SO_SET_ADD
      {SYS_setsockopt, {3, IPPROTO_IPV6, 34}, ENOPROTOOPT},   // IPV6_IPSEC_POLICY
      {SYS_setsockopt, {3, IPPROTO_IPV6, 35}, ENOPROTOOPT},   // IPV6_XFRM_POLICY
      {SYS_setsockopt, {3, IPPROTO_IPV6, 64}, ENOPROTOOPT},   // IP6T_SO_SET_REPLACE
      {SYS_setsockopt, {3, IPPROTO_IPV6, 66}, 0},             // IPV6_RECVTCLASS
      {SYS_setsockopt, {3, IPPROTO_IPV6, 78}, 0},             // IPV6_FREEBIND
      {SYS_setsockopt, {3, IPPROTO_IPV6, 200}, ENOPROTOOPT},  // MRT6_INIT
      {SYS_sendmsg, {3, 0, MSG_OOB}, EOPNOTSUPP}, {SYS_sendmsg, {3, MSG_OOB, MSG_DONTWAIT}, 0},
      {SYS_sendmmsg, {3, 0, MSG_OOB, MSG_OOB}, EOPNOTSUPP}, {SYS_sendmmsg, {3, 0, MSG_OOB, 0}, 0},
      {SYS_ioctl, {0, 0x541c}, EPERM},                            // TIOCLINUX
      {SYS_ioctl, {0, 0x541d}, EPERM},                            // TIOCCONS
      {SYS_ioctl, {0, 0x5423}, EPERM},                            // TIOCSETD
      {SYS_ioctl, {0, 0x5413}, 0},                                // TIOCGWINSZ
      {SYS_madvise, {0, 0, 12}, EINVAL},                          // MADV_MERGEABLE
      {SYS_madvise, {0, 0, 100}, EPERM},                          // MADV_HWPOISON
      {SYS_madvise, {0, 0, 101}, EPERM},                          // MADV_SOFT_OFFLINE
      {SYS_madvise, {0, 0, 4}, 0},                                // MADV_DONTNEED
      {SYS_fcntl, {0, 1024}, EINVAL},                             // F_SETLEASE
      {SYS_fcntl, {0, 1026}, EINVAL},                             // F_NOTIFY
      {SYS_fcntl, {0, 1030}, 0},                                  // F_DUPFD_CLOEXEC
      {SYS_shmget, {0, 0, 04000}, EPERM},                         // SHM_HUGETLB
      {SYS_shmget, {0, 0, 01600}, 0}, {SYS_prctl, {33}, EINVAL},  // PR_MCE_KILL
      {SYS_prctl, {31}, EINVAL},                                  // PR_TASK_PERF_EVENTS_DISABLE
      {SYS_prctl, {32}, EINVAL},                                  // PR_TASK_PERF_EVENTS_ENABLE
      {SYS_prctl, {57}, EINVAL},                                  // PR_SET_IO_FLUSHER
      {SYS_prctl, {67}, EINVAL},                                  // PR_SET_MEMORY_MERGE
      {SYS_prctl, {38}, 0},                                       // PR_SET_NO_NEW_PRIVS
      {SYS_memfd_create, {0, 32}, EINVAL},
#if defined(__x86_64__)
      {SYS_arch_prctl, {0x1002}, 0},       // ARCH_SET_FS
      {SYS_arch_prctl, {0x3001}, EINVAL},  // ARCH_CET_STATUS
      {SYS_arch_prctl, {0x5001}, EINVAL},  // ARCH_SHSTK_ENABLE
#endif
});

BOOST_AUTO_TEST_CASE(each_limit_refuses_what_its_text_says) {
  const Default answer;
  for (const LimitedCall& call : kLimitedCalls) {
    const std::uint32_t wanted =
        call.refusal == 0 ? std::uint32_t{SECCOMP_RET_ALLOW} : Errno(call.refusal);
    BOOST_TEST(answer(call.number, call.arguments) == wanted,
               call.number << " " << call.arguments[1] << " " << call.arguments[2]);
  }
}

BOOST_AUTO_TEST_CASE(profiles_limit_otherwise_what_they_are_for) {
  const auto engine = Compiled(plan::DefaultFilter(policy::Profile::kEngine));
  const auto of_engine = [&engine](std::uint32_t number, const Arguments& arguments) {
    return AnswerTo(engine, Call(number, arguments));
  };
  BOOST_TEST(of_engine(SYS_socket, {AF_NETLINK, SOCK_RAW, 12}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(of_engine(SYS_socket, {AF_NETLINK, SOCK_RAW, 6}) == Errno(EPROTONOSUPPORT));
  BOOST_TEST(of_engine(SYS_socket, {AF_PACKET, SOCK_RAW}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(of_engine(SYS_socket, {AF_VSOCK, SOCK_STREAM}) == Errno(EAFNOSUPPORT));
  BOOST_TEST(of_engine(SYS_setsockopt, {3, IPPROTO_IP, 64}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(of_engine(SYS_setsockopt, {3, IPPROTO_TCP, 31}) == Errno(ENOPROTOOPT));

  const auto debug = Compiled(plan::DefaultFilter(policy::Profile::kDebug));
  const auto perf = [&debug](std::uint64_t pid, std::uint64_t flags) {
    return AnswerTo(debug, Call(SYS_perf_event_open, {0, pid, 0, 0, flags}));
  };
  BOOST_TEST(perf(0, 0) == SECCOMP_RET_ALLOW);
  BOOST_TEST(perf(0xffffffff, 0) == Errno(EACCES));
  BOOST_TEST(perf(3, 4 | 8) == Errno(EACCES));  // PERF_FLAG_PID_CGROUP

  const auto paranoid = Compiled(plan::DefaultFilter(policy::Profile::kParanoid));
  const auto clone = [&paranoid](std::uint64_t flags) {
    return AnswerTo(paranoid, Call(SYS_clone, {flags}));
  };
  BOOST_TEST(clone(CLONE_VM | CLONE_VFORK | SIGCHLD) == SECCOMP_RET_ALLOW);
  BOOST_TEST(clone(CLONE_NEWUSER | SIGCHLD) == Errno(EPERM));
}

BOOST_AUTO_TEST_CASE(arguments_decide_where_the_table_says_so) {
  const Default answer;
  BOOST_TEST(answer(SYS_setsockopt, {3, 6, 31}) == Errno(ENOPROTOOPT));
  BOOST_TEST(answer(SYS_setsockopt, {3, 6, 1}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_setsockopt, {3, 0, 63}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_setsockopt, {3, 0, 64}) == Errno(ENOPROTOOPT));   // IPT_SO_SET_REPLACE
  BOOST_TEST(answer(SYS_setsockopt, {3, 0, 191}) == Errno(ENOPROTOOPT));  // ebtables
  BOOST_TEST(answer(SYS_setsockopt, {3, 41, 65}) == Errno(ENOPROTOOPT));
  BOOST_TEST(answer(SYS_setsockopt, {3, 41, 67}) == SECCOMP_RET_ALLOW);  // IPV6_TCLASS
  BOOST_TEST(answer(SYS_setsockopt, {3, 1, 31}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_sendto, {3, 0, 0, MSG_OOB | MSG_NOSIGNAL}) == Errno(EOPNOTSUPP));
  BOOST_TEST(answer(SYS_sendto, {3, 0, 0, MSG_NOSIGNAL}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_mmap, {0, 0, 0, MAP_PRIVATE | MAP_GROWSDOWN}) == Errno(EOPNOTSUPP));
  BOOST_TEST(answer(SYS_mmap, {0, 0, 0, MAP_PRIVATE}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_mmap, {0, 0, 0, MAP_PRIVATE | MAP_HUGETLB}) == Errno(ENOMEM));
  BOOST_TEST(answer(SYS_memfd_create, {0, MFD_CLOEXEC | 8}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_memfd_create, {0, MFD_HUGETLB}) == Errno(EINVAL));
  BOOST_TEST(answer(SYS_prctl, {PR_SET_NAME}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_prctl, {PR_SET_MM}) == Errno(EPERM));
  BOOST_TEST(answer(SYS_prctl, {PR_SCHED_CORE}) == Errno(EINVAL));
  BOOST_TEST(answer(SYS_prctl, {76}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_prctl, {77}) == Errno(EINVAL));
  BOOST_TEST(answer(SYS_prctl, {PR_SET_PTRACER}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_unshare, {CLONE_NEWUSER | CLONE_NEWNS}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_unshare, {0x80}) == Errno(EINVAL));  // CLONE_NEWTIME
  BOOST_TEST(answer(SYS_seccomp, {3}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_seccomp, {4}) == Errno(EINVAL));
  BOOST_TEST(answer(SYS_personality, {0xffffffff}) == SECCOMP_RET_ALLOW);
  for (const std::uint64_t persona : {0, 8, 0x20000, 0x20008, 0x40000, 0x60000})
    BOOST_TEST(answer(SYS_personality, {persona}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_personality, {0x40008}) == Errno(EPERM));
  BOOST_TEST(answer(SYS_personality, {0x400000}) == Errno(EPERM));
  BOOST_TEST(answer(SYS_ioctl, {0, 0x5412}) == Errno(EPERM));
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_refused_with_the_errno_that_programs_fall_back_on) {
  const Default answer;
  BOOST_TEST(answer(SYS_io_uring_setup) == Errno(ENOSYS));
  BOOST_TEST(answer(SYS_keyctl) == Errno(ENOSYS));
  BOOST_TEST(answer(SYS_fsopen) == Errno(ENOSYS));
  BOOST_TEST(answer(SYS_bpf) == Errno(EPERM));
  BOOST_TEST(answer(SYS_kexec_load) == Errno(EPERM));
  BOOST_TEST(answer(SYS_vmsplice) == Errno(EINVAL));
  BOOST_TEST(answer(SYS_clone3) == Errno(ENOSYS));
  BOOST_TEST(answer(SYS_clone, {CLONE_NEWUSER | SIGCHLD}) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_unshare) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_seccomp) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(462) == Errno(ENOSYS));  // mseal(2)
  // musl and PostgreSQL 17 ask for these without another way.
  BOOST_TEST(answer(SYS_clock_getres) == SECCOMP_RET_ALLOW);
  BOOST_TEST(answer(SYS_preadv) == SECCOMP_RET_ALLOW);
}

BOOST_AUTO_TEST_CASE(calls_newer_than_the_table_and_other_abis_are_not_there) {
  const Default answer;
  BOOST_TEST(answer(470) == Errno(ENOSYS));
  BOOST_TEST(answer(5000) == Errno(ENOSYS));
  BOOST_TEST(answer(0x40000000 | SYS_read) == Errno(ENOSYS));  // x32
  struct seccomp_data i386 = Call(SYS_read, {});
  i386.arch = SCMP_ARCH_X86;
  BOOST_TEST(AnswerTo(answer.program, i386) == Errno(ENOSYS));
}

BOOST_AUTO_TEST_CASE(every_entry_of_the_table_gets_the_answer_that_it_names) {
  for (const auto profile : {policy::Profile::kDev, policy::Profile::kParanoid}) {
    const plan::SeccompFilter filter = plan::DefaultFilter(profile);
    const abi::SeccompProgram program = Compiled(filter);
    for (const plan::SeccompRule& rule : filter.rules) {
      const auto number = SyscallNumber(rule.syscall);
      const auto same = [&](const plan::SeccompRule& other) {
        return other.syscall == rule.syscall;
      };
      if (!number || std::ranges::count_if(filter.rules, same) != 1) continue;
      const std::uint32_t expected = rule.decision.action == plan::SeccompAction::kAllow
                                         ? SECCOMP_RET_ALLOW
                                         : Errno(rule.decision.data);
      BOOST_TEST(AnswerTo(program, Call(*number, {})) == expected, rule.syscall);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_paranoid_profile_makes_no_namespaces) {
  const abi::SeccompProgram program = Compiled(plan::DefaultFilter(policy::Profile::kParanoid));
  BOOST_TEST(AnswerTo(program, Call(SYS_clone, {CLONE_NEWUSER | SIGCHLD})) == Errno(EPERM));
  BOOST_TEST(AnswerTo(program, Call(SYS_clone, {SIGCHLD})) == SECCOMP_RET_ALLOW);
  BOOST_TEST(AnswerTo(program, Call(SYS_clone3, {})) == Errno(ENOSYS));
  BOOST_TEST(AnswerTo(program, Call(SYS_splice, {})) == Errno(EINVAL));
}

BOOST_AUTO_TEST_CASE(a_call_runs_few_instructions) {
  constexpr unsigned kOfTree =
      14;  // two loads, the architecture, eight or nine branches, the answer
  const Default answer;
  for (const plan::SyscallEntry& entry : plan::SyscallTable()) {
    const auto number = entry.Number();
    if (!number) continue;
    const auto verdict = support::Evaluate(answer.program.instructions, Call(*number, {}));
    BOOST_REQUIRE(verdict.has_value());
    const bool is_limited = entry.ground->kind == plan::SyscallKind::kLimited;
    BOOST_TEST(verdict->steps <= (is_limited ? 60U : kOfTree), entry.name);
  }
  BOOST_TEST(answer.program.instructions.size() <= 500U);
}

BOOST_AUTO_TEST_CASE(names_that_are_not_known_are_passed_over_and_told) {
  plan::SeccompFilter filter = {.otherwise = {plan::SeccompAction::kErrno, EPERM}};
  filter.rules.push_back({"read", {plan::SeccompAction::kAllow, 0}, {}});
  filter.rules.push_back({"no_such_call", {plan::SeccompAction::kAllow, 0}, {}});
  std::vector<std::string> skipped;
  const auto program = CompileFilter(filter, &skipped);
  BOOST_REQUIRE(program.has_value());
  BOOST_TEST(skipped == std::vector<std::string>{"no_such_call"});
  BOOST_TEST(AnswerTo(*program, Call(SYS_read, {})) == SECCOMP_RET_ALLOW);
  // Newer than "read", the newest that the filter names; as under runc.
  BOOST_TEST(AnswerTo(*program, Call(SYS_write, {})) == Errno(ENOSYS));
}

BOOST_AUTO_TEST_CASE(a_filter_that_allows_by_default_allows_new_calls_too) {
  plan::SeccompFilter filter = {.otherwise = {plan::SeccompAction::kAllow, 0}};
  filter.rules.push_back({"mkdir", {plan::SeccompAction::kErrno, EPERM}, {}});
  const abi::SeccompProgram program = Compiled(filter);
  BOOST_TEST(AnswerTo(program, Call(SYS_mkdir, {})) == Errno(EPERM));
  BOOST_TEST(AnswerTo(program, Call(1000, {})) == SECCOMP_RET_ALLOW);
}

BOOST_AUTO_TEST_CASE(a_filter_that_notifies_asks_for_a_listener) {
  plan::SeccompFilter filter = {.otherwise = {plan::SeccompAction::kAllow, 0},
                                .flags = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV};
  BOOST_TEST(Compiled(filter).flags == 0U);
  filter.rules.push_back({"mkdir", {plan::SeccompAction::kNotify, 0}, {}});
  const abi::SeccompProgram program = Compiled(filter);
  BOOST_TEST(program.flags ==
             (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER));
  BOOST_TEST(AnswerTo(program, Call(SYS_mkdir, {})) == SECCOMP_RET_USER_NOTIF);
}

// ---- libseccomp as the oracle, for profiles made at random ----

constexpr std::array kCompares = {
    std::pair{plan::SeccompCompare::kNe, SCMP_CMP_NE},
    std::pair{plan::SeccompCompare::kLt, SCMP_CMP_LT},
    std::pair{plan::SeccompCompare::kLe, SCMP_CMP_LE},
    std::pair{plan::SeccompCompare::kEq, SCMP_CMP_EQ},
    std::pair{plan::SeccompCompare::kGe, SCMP_CMP_GE},
    std::pair{plan::SeccompCompare::kGt, SCMP_CMP_GT},
    std::pair{plan::SeccompCompare::kMaskedEq, SCMP_CMP_MASKED_EQ},
};

class RandomProfile {
 public:
  explicit RandomProfile(unsigned seed) : random_(seed), oracle_(seccomp_init(SCMP_ACT_ERRNO(1))) {
    filter_.otherwise = {plan::SeccompAction::kErrno, EPERM};
    for (const plan::SyscallEntry& entry : plan::SyscallTable()) {
      const int number = seccomp_syscall_resolve_name(std::string(entry.name).c_str());
      if (number >= 0) Add(std::string(entry.name), number);
    }
  }
  ~RandomProfile() { seccomp_release(oracle_); }
  RandomProfile(const RandomProfile&) = delete;
  RandomProfile& operator=(const RandomProfile&) = delete;

  const plan::SeccompFilter& Filter() const { return filter_; }

  std::vector<struct sock_filter> Oracle() const {
    const int file = ::memfd_create("oracle", MFD_CLOEXEC);
    BOOST_REQUIRE(seccomp_export_bpf(oracle_, file) == 0);
    const auto size = static_cast<std::size_t>(::lseek(file, 0, SEEK_END));
    std::vector<struct sock_filter> program(size / sizeof(struct sock_filter));
    BOOST_REQUIRE(::pread(file, program.data(), size, 0) == static_cast<ssize_t>(size));
    ::close(file);
    return program;
  }

  std::uint64_t Value() {
    constexpr std::array<std::uint64_t, 8> kValues = {
        0, 1, 2, 0x7fffffff, 0xffffffff, 0x100000000, 0x100000001, ~std::uint64_t{0}};
    return kValues[random_() % kValues.size()];
  }

 private:
  void Add(const std::string& name, int number) {
    const unsigned kind = random_() % 4;
    if (kind == 0) return;
    const bool refuses = kind == 2;
    const plan::SeccompDecision decision =
        refuses ? plan::SeccompDecision{plan::SeccompAction::kErrno, ENOENT}
                : plan::SeccompDecision{plan::SeccompAction::kAllow, 0};
    std::vector<plan::SeccompCondition> conditions;
    std::vector<struct scmp_arg_cmp> expected;
    for (unsigned argument = 0; kind == 3 && argument < 1 + random_() % 3; ++argument) {
      const auto& [ours, theirs] = kCompares[random_() % kCompares.size()];
      const std::uint64_t value = Value();
      // Bits outside the mask never match; libseccomp drops them.
      const std::uint64_t wanted = Value() & value;
      conditions.push_back({argument, ours, value, wanted});
      expected.push_back({argument, theirs, value, wanted});
    }
    filter_.rules.push_back({name, decision, conditions});
    BOOST_REQUIRE(seccomp_rule_add_array(oracle_,
                                         refuses ? SCMP_ACT_ERRNO(ENOENT) : SCMP_ACT_ALLOW,
                                         number,
                                         static_cast<unsigned>(expected.size()),
                                         expected.data()) == 0);
  }

  std::mt19937 random_;
  scmp_filter_ctx oracle_;
  plan::SeccompFilter filter_;
};

BOOST_AUTO_TEST_CASE(the_answers_are_those_of_libseccomp) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    RandomProfile profile(seed);
    const abi::SeccompProgram program = Compiled(profile.Filter());
    const auto oracle = profile.Oracle();
    const std::uint32_t newest = 450;  // beyond, libseccomp answers by its default
    for (std::uint32_t number = 0; number < newest; ++number) {
      for (int repeat = 0; repeat < 5; ++repeat) {
        const auto data = Call(number, {profile.Value(), profile.Value(), profile.Value()});
        const auto expected = support::Evaluate(oracle, data);
        BOOST_REQUIRE(expected.has_value());
        const std::uint32_t answer = AnswerTo(program, data);
        if (answer == Errno(ENOSYS)) continue;  // newer than the newest call of this profile
        BOOST_REQUIRE_EQUAL(answer, expected->answer);
      }
    }
  }
}

// ---- lists of rules made at random, against the plain reading of them ----

bool Holds(const plan::SeccompCondition& condition, const Arguments& arguments) {
  const std::uint64_t argument = arguments.at(condition.argument);
  switch (condition.compare) {
    case plan::SeccompCompare::kNe:
      return argument != condition.value;
    case plan::SeccompCompare::kLt:
      return argument < condition.value;
    case plan::SeccompCompare::kLe:
      return argument <= condition.value;
    case plan::SeccompCompare::kEq:
      return argument == condition.value;
    case plan::SeccompCompare::kGe:
      return argument >= condition.value;
    case plan::SeccompCompare::kGt:
      return argument > condition.value;
    case plan::SeccompCompare::kMaskedEq:
      return (argument & condition.value) == condition.value_two;
  }
  return false;
}

std::uint32_t PlainAnswer(const plan::SeccompFilter& filter, const Arguments& arguments) {
  for (const plan::SeccompRule& rule : filter.rules) {
    const bool holds = std::ranges::all_of(
        rule.conditions, [&](const auto& condition) { return Holds(condition, arguments); });
    if (holds) return Errno(rule.decision.data);
  }
  return Errno(filter.otherwise.data);
}

// Few conditions, so that rules often begin with the same, and few answers, so that code is shared;
// masks of whole words, as ours have.
plan::SeccompFilter RandomList(std::mt19937& random) {
  constexpr std::array<plan::SeccompCondition, 13> kConditions = {{
      {0, plan::SeccompCompare::kMaskedEq, 0xffffffff, 1},
      {0, plan::SeccompCompare::kMaskedEq, 0xffffffff, 2},
      {1, plan::SeccompCompare::kMaskedEq, 0xffffffff, 1},
      {1, plan::SeccompCompare::kMaskedEq, 0xfffffffe, 0},
      {0, plan::SeccompCompare::kMaskedEq, 2, 2},
      {0, plan::SeccompCompare::kEq, 1, 0},
      {1, plan::SeccompCompare::kLe, 1, 0},
      {0, plan::SeccompCompare::kMaskedEq, 0, 0},  // always
      {0, plan::SeccompCompare::kMaskedEq, 1, 2},  // never
      {0, plan::SeccompCompare::kMaskedEq, 0x1ffffffff, 1},
      {0, plan::SeccompCompare::kMaskedEq, 0x100000000, 0x100000000},
      {0, plan::SeccompCompare::kGt, 1, 0},
      {0, plan::SeccompCompare::kLt, 2, 0},
  }};
  plan::SeccompFilter filter = {.otherwise = {plan::SeccompAction::kErrno, 100}};
  for (std::size_t count = 1 + random() % 8; count > 0; --count) {
    const auto data = static_cast<std::uint16_t>(1 + random() % 4);
    plan::SeccompRule rule = {"read", {plan::SeccompAction::kErrno, data}, {}};
    for (std::size_t depth = 1 + random() % 3; depth > 0; --depth)
      rule.conditions.push_back(kConditions.at(random() % kConditions.size()));
    filter.rules.push_back(std::move(rule));
  }
  return filter;
}

BOOST_AUTO_TEST_CASE(the_first_rule_whose_conditions_hold_decides) {
  constexpr std::array<std::uint64_t, 6> kValues = {0, 1, 2, 3, 0x100000001, ~std::uint64_t{0}};
  std::mt19937 random(1);
  for (int repeat = 0; repeat < 5000; ++repeat) {
    const plan::SeccompFilter filter = RandomList(random);
    const abi::SeccompProgram program = Compiled(filter);
    for (const std::uint64_t first : kValues) {
      for (const std::uint64_t second : kValues) {
        const Arguments arguments = {first, second};
        BOOST_REQUIRE_EQUAL(AnswerTo(program, Call(SYS_read, arguments)),
                            PlainAnswer(filter, arguments));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace agentbox::launch
