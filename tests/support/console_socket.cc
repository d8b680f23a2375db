#include "support/console_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include "support/command.h"

namespace agentbox::test {
namespace {

bool IsReadable(int fd, std::chrono::milliseconds deadline) {
  struct pollfd wanted = {fd, POLLIN, 0};
  return ::poll(&wanted, 1, static_cast<int>(deadline.count())) > 0;
}

}  // namespace

void ReceivedTerminal::Type(const std::string& text) const {
  if (::write(controller_.Get(), text.data(), text.size()) < 0) {
    throw std::runtime_error("write(2) to a terminal");
  }
}

bool ReceivedTerminal::Expect(const std::string& text) {
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (text_.find(text) == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !IsReadable(controller_.Get(), left)) return false;
    std::array<char, 4096> buffer;
    const auto size = ::read(controller_.Get(), buffer.data(), buffer.size());
    if (size <= 0) return false;
    text_.append(buffer.data(), static_cast<std::size_t>(size));
  }
  text_.erase(0, text_.find(text) + text.size());
  return true;
}

ConsoleSocket::ConsoleSocket(std::string path)
    : path_(std::move(path)), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  if (::bind(listener_.Get(), reinterpret_cast<struct sockaddr*>(&address), sizeof address) < 0 ||
      ::listen(listener_.Get(), 1) < 0) {
    throw std::runtime_error("bind(2) of " + path_);
  }
}

UniqueFd ConsoleSocket::Receive(std::string& name) const {
  if (!IsReadable(listener_.Get(), kDeadline)) return {};
  const UniqueFd peer(::accept4(listener_.Get(), nullptr, nullptr, SOCK_CLOEXEC));
  std::array<char, 4096> text;
  struct iovec part = {text.data(), text.size()};
  alignas(struct cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto size = ::recvmsg(peer.Get(), &message, MSG_CMSG_CLOEXEC);
  if (size < 0) return {};
  name.assign(text.data(), static_cast<std::size_t>(size));
  const struct cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

}  // namespace agentbox::test
