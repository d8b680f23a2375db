#include "kernel/socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "kernel/file.h"

namespace agentbox::kernel {
namespace {

constexpr std::size_t kMaxPacket = 32U << 10U;

// sun_path has 108 bytes, which a state directory's path may pass: a name relative to the
// directory's own entry in /proc never does.
Result<struct sockaddr_un> AddressIn(int directory, const std::string& name) {
  const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Fail(Error::FromErrno(ENAMETOOLONG).Within("socket " + name));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Result<UniqueFd> MakeSocket(int type) {
  UniqueFd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!socket) return Fail(Error::FromErrno().Within("socket(2)"));
  return socket;
}

Result<UniqueFd> Connect(int type, const struct sockaddr_un& address, const std::string& name) {
  UniqueFd socket = TRY(MakeSocket(type));
  const auto* generic = reinterpret_cast<const struct sockaddr*>(&address);
  if (::connect(socket.Get(), generic, sizeof address) < 0) {
    return Fail(Error::FromErrno().Within("connect(2) to " + name));
  }
  return socket;
}

std::vector<UniqueFd> TakeFds(struct msghdr& message) {
  std::vector<UniqueFd> fds;
  for (struct cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      fds.emplace_back(fd);
    }
  }
  return fds;
}

}  // namespace

Result<SocketPair> PacketSocketPair() {
  std::array<int, 2> fds = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) < 0) {
    return Fail(Error::FromErrno().Within("socketpair(2)"));
  }
  return SocketPair{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Result<void> SendPacket(int socket, std::string_view data, const std::vector<int>& fds) {
  struct iovec bytes = {};
  bytes.iov_base = const_cast<char*>(data.data());  // sendmsg(2) does not write there
  bytes.iov_len = data.size();
  struct msghdr message = {};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;

  if (fds.size() > kMaxPacketFds) return Fail(Error::FromErrno(EINVAL).Within("sendmsg(2)"));
  alignas(struct cmsghdr) std::array<char, CMSG_SPACE(kMaxPacketFds * sizeof(int))> control;
  if (!fds.empty()) {
    const std::size_t size = fds.size() * sizeof(int);
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(size);
    auto* const part = reinterpret_cast<struct cmsghdr*>(control.data());
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(part), fds.data(), size);
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return Fail(Error::FromErrno().Within("sendmsg(2)"));
  }
  return {};
}

Result<Packet> ReceivePacket(int socket) {
  std::string data(kMaxPacket, '\0');
  std::vector<char> control(CMSG_SPACE(kMaxPacketFds * sizeof(int)));
  struct iovec bytes = {data.data(), data.size()};
  struct msghdr message = {};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = -1;
  while ((size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0) {
    // ECONNRESET, once, says that the peer has gone without having read all: what it sent before is
    // still there.
    const bool is_passing = errno == EINTR || errno == ECONNRESET;
    if (!is_passing) return Fail(Error::FromErrno().Within("recvmsg(2)"));
  }
  std::vector<UniqueFd> fds = TakeFds(message);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return Fail(Error::FromErrno(EMSGSIZE).Within("recvmsg(2)"));
  }
  data.resize(static_cast<std::size_t>(size));
  return Packet{std::move(data), std::move(fds)};
}

Result<UniqueFd> ListenAt(int directory, const std::string& name) {
  const struct sockaddr_un address = TRY(AddressIn(directory, name));
  UniqueFd socket = TRY(MakeSocket(SOCK_SEQPACKET));
  const auto* generic = reinterpret_cast<const struct sockaddr*>(&address);
  if (::bind(socket.Get(), generic, sizeof address) < 0) {
    return Fail(Error::FromErrno().Within("bind(2) of " + name));
  }
  if (::fchmodat(directory, name.c_str(), S_IRUSR | S_IWUSR, 0) < 0) {
    return Fail(Error::FromErrno().Within("fchmodat(2) of " + name));
  }
  if (::listen(socket.Get(), 1) < 0) return Fail(Error::FromErrno().Within("listen(2)"));
  return socket;
}

Result<UniqueFd> ConnectAt(int directory, const std::string& name) {
  const struct sockaddr_un address = TRY(AddressIn(directory, name));
  return Connect(SOCK_SEQPACKET, address, name);
}

Result<UniqueFd> Accept(const UniqueFd& listener) {
  for (;;) {
    UniqueFd socket(::accept4(listener.Get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (socket || errno != EINTR) {
      if (!socket) return Fail(Error::FromErrno().Within("accept4(2)"));
      return socket;
    }
  }
}

Result<UniqueFd> ConnectStream(const std::string& path) {
  // Through the directory's fd: an engine's path may be longer than sun_path.
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) {
    return Fail(Error::FromErrno(ENOENT).Within("connect(2) to " + path));
  }
  const std::string parent = path.substr(0, slash + 1);
  const UniqueFd directory = TRY(Open(AT_FDCWD, parent, O_PATH | O_DIRECTORY));
  const struct sockaddr_un address = TRY(AddressIn(directory.Get(), path.substr(slash + 1)));
  return Connect(SOCK_STREAM, address, path);
}

}  // namespace agentbox::kernel
