// The entry points of the exploits that Google's kernelCTF published from 2023 to 2025, as their
// metadata.json names them, and those of further CVEs, which no exploit of these begins with. A
// probe goes as far as the kernel's own code behind the entry point, with arguments by which it can
// be told that it was reached, and no further.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "guest.h"

namespace agentbox::guest {
namespace {

// 0, or the errno by which the entry point turned out to be closed.
using Answer = int;

Answer ErrnoOf(long result) {
  return result < 0 ? errno : 0;
}

// The errno that only the kernel behind the entry point gives.
Answer ReachedBy(int expected, long result) {
  if (result >= 0 || errno == expected) return 0;
  return errno;
}

// Root of new user and network namespaces, as most of the exploits begin.
Answer BecomeNetworkAdministrator() {
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) return errno;
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  struct ifreq request = {};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  return ErrnoOf(::ioctl(fd, SIOCSIFFLAGS, &request));
}

template <int kProtocol>
Answer NetlinkAsAdministrator() {
  const Answer answer = BecomeNetworkAdministrator();
  if (answer != 0) return answer;
  return ErrnoOf(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, kProtocol));
}

// Without the module the kernel says ENOENT.
Answer KernelTls() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int result = ::setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls");
  if (result < 0 && errno == ENOTCONN) return 0;
  return ReachedBy(ENOENT, result);
}

// More attributes than there are: E2BIG comes before any check of privileges.
Answer Bpf() {
  return ReachedBy(E2BIG, ::syscall(SYS_bpf, 5, nullptr, 1 << 20));
}

Answer IoUring() {
  return ReachedBy(EFAULT, ::syscall(SYS_io_uring_setup, 1, nullptr));
}

Answer PerfEvents() {
  return ReachedBy(EFAULT, ::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0));
}

Answer UnixSplice() {
  int sockets[2];
  int pipe[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) return errno;
  if (::pipe2(pipe, O_CLOEXEC) < 0 || ::write(pipe[1], "x", 1) != 1) return errno;
  return ErrnoOf(::splice(pipe[0], nullptr, sockets[0], nullptr, 1, 0));
}

// A type that no family has: the kernel says EINVAL before it looks whether it has the family.
template <int kFamily>
Answer Family() {
  constexpr int kNoType = 15;
  return ReachedBy(EINVAL, ::socket(kFamily, kNoType, 0));
}

Answer FileSystemContext() {
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) return errno;
  return ReachedBy(EFAULT, ::syscall(SYS_fsopen, nullptr, 0));
}

Answer OutOfBand() {
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) return errno;
  return ErrnoOf(::send(sockets[0], "x", 1, MSG_OOB));
}

// ENODEV: there is no interface to join on.
Answer Multicast() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  struct ip_mreq request = {};
  ::inet_pton(AF_INET, "224.0.0.251", &request.imr_multiaddr);
  return ReachedBy(ENODEV,
                   ::setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request));
}

// CVE-2026-43284 and CVE-2026-46300. 0, no encapsulation, is known by every kernel.
Answer UdpEncapsulation() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int none = 0;
  return ErrnoOf(::setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &none, sizeof none));
}

// IPT_SO_SET_REPLACE (CVE-2021-22555), without a table. A kernel without iptables says ENOPROTOOPT.
Answer IptablesReplace() {
  constexpr int kReplace = 64;
  const Answer answer = BecomeNetworkAdministrator();
  if (answer != 0) return answer;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int result = ::setsockopt(fd, IPPROTO_IP, kReplace, nullptr, 0);
  if (result < 0 && errno == EFAULT) return 0;
  return ReachedBy(EINVAL, result);
}

// CVE-2026-43500, with AF_RXRPC.
Answer AddKey() {
  return ReachedBy(EFAULT, ::syscall(SYS_add_key, nullptr, nullptr, nullptr, 0, 0));
}

// CVE-2023-3269.
Answer GrowingMapping() {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN;
  return ::mmap(nullptr, 4096, PROT_READ, kFlags, -1, 0) == MAP_FAILED ? errno : 0;
}

struct EntryPoint {
  const char* name;
  int exploits;
  Answer (*probe)();
};

constexpr std::array kEntryPoints = {
    EntryPoint{"netlink-netfilter", 41, NetlinkAsAdministrator<NETLINK_NETFILTER>},
    EntryPoint{"traffic-control", 22, NetlinkAsAdministrator<NETLINK_ROUTE>},
    EntryPoint{"kernel-tls", 11, KernelTls},
    EntryPoint{"bpf", 6, Bpf},
    EntryPoint{"io-uring", 5, IoUring},
    EntryPoint{"perf-events", 3, PerfEvents},
    EntryPoint{"unix-splice", 2, UnixSplice},
    EntryPoint{"af-alg", 2, Family<AF_ALG>},
    EntryPoint{"af-vsock", 2, Family<AF_VSOCK>},
    EntryPoint{"fsopen", 1, FileSystemContext},
    EntryPoint{"netlink-xfrm", 1, NetlinkAsAdministrator<NETLINK_XFRM>},
    EntryPoint{"xfrm-interface", 1, NetlinkAsAdministrator<NETLINK_ROUTE>},
    EntryPoint{"ethtool-netlink", 1, NetlinkAsAdministrator<NETLINK_GENERIC>},
    EntryPoint{"multicast", 1, Multicast},
    EntryPoint{"unix-oob", 1, OutOfBand},
    EntryPoint{"af-key", 0, Family<AF_KEY>},
    EntryPoint{"af-rxrpc", 0, Family<AF_RXRPC>},
    EntryPoint{"af-packet", 0, Family<AF_PACKET>},
    EntryPoint{"udp-encap", 0, UdpEncapsulation},
    EntryPoint{"iptables", 0, IptablesReplace},
    EntryPoint{"add-key", 0, AddKey},
    EntryPoint{"mmap-growsdown", 0, GrowingMapping},
};

// In a child of its own: some change what the next would find.
Answer AnswerOf(const EntryPoint& entry) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(entry.probe());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

// One line for each entry point: its name, how many exploits begin with it, and "open" or the
// errno.
int Probe(Arguments) {
  for (const EntryPoint& entry : kEntryPoints) {
    std::fflush(stdout);
    const Answer answer = AnswerOf(entry);
    std::printf(
        "%s %d %s\n", entry.name, entry.exploits, answer == 0 ? "open" : ErrnoName(answer).c_str());
  }
  return 0;
}

constexpr Command kCommands[] = {{"probe", 0, Probe}};

}  // namespace

std::span<const Command> ProbeCommands() {
  return kCommands;
}

}  // namespace agentbox::guest
