#include "kernel/netlink.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"

namespace agentbox::kernel {
namespace {

// One request: a header, a family's own struct, attributes. Grows by whole, aligned parts, so that
// no length can overflow a field (CVE-2021-43784).
class Request {
 public:
  template <typename Body>
  Request(std::uint16_t type, std::uint16_t flags, const Body& body) {
    struct nlmsghdr header = {};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    Append(&header, sizeof header);
    Append(&body, sizeof body);
  }

  void AddAttribute(std::uint16_t type, const void* data, std::uint16_t size) {
    struct rtattr attribute = {};
    attribute.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(0) + size);
    attribute.rta_type = type;
    Append(&attribute, sizeof attribute);
    Append(data, size);
  }

  // The bytes, with the header's length filled in.
  const std::vector<char>& Finish() {
    const auto size = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &size, sizeof size);  // nlmsg_len is the first field
    return bytes_;
  }

 private:
  void Append(const void* data, std::size_t size) {
    const auto* const first = static_cast<const char*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }

  std::vector<char> bytes_;
};

Result<UniqueFd> OpenRouteSocket() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return Fail(Error::FromErrno().Within("socket(2) of NETLINK_ROUTE"));
  return socket;
}

Result<void> Send(const UniqueFd& socket, Request& request) {
  const std::vector<char>& bytes = request.Finish();
  if (::send(socket.Get(), bytes.data(), bytes.size(), 0) < 0) {
    return Fail(Error::FromErrno().Within("send(2) to rtnetlink"));
  }
  return {};
}

using Buffer = std::array<char, 32768>;

Result<std::size_t> Receive(const UniqueFd& socket, Buffer& buffer) {
  for (;;) {
    const auto size = ::recv(socket.Get(), buffer.data(), buffer.size(), 0);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR) return Fail(Error::FromErrno().Within("recv(2) of rtnetlink"));
  }
}

template <typename T>
T Copy(const char* from) {
  T value = {};
  std::memcpy(&value, from, sizeof value);
  return value;
}

// Calls `each` with every message of the answer, header first, until its end.
template <typename Each>
Result<void> ReadAnswer(const UniqueFd& socket, const Each& each) {
  alignas(struct nlmsghdr) Buffer buffer;
  for (;;) {
    const std::size_t size = TRY(Receive(socket, buffer));
    for (std::size_t at = 0; at + sizeof(struct nlmsghdr) <= size;) {
      const auto header = Copy<struct nlmsghdr>(buffer.data() + at);
      if (header.nlmsg_len < sizeof header || at + header.nlmsg_len > size) {
        return Fail(Error(ErrorKind::kInternal, "an rtnetlink message is cut off"));
      }
      const std::string_view body(buffer.data() + at + NLMSG_HDRLEN,
                                  header.nlmsg_len - NLMSG_HDRLEN);
      if (header.nlmsg_type == NLMSG_DONE) return {};
      if (header.nlmsg_type == NLMSG_ERROR) {
        const int number = -Copy<int>(body.data());
        if (number == 0) return {};
        return Fail(Error::FromErrno(number).Within("rtnetlink(7)"));
      }
      each(header, body);
      at += NLMSG_ALIGN(header.nlmsg_len);
    }
  }
}

Result<unsigned> IndexOf(const std::string& interface) {
  const unsigned index = ::if_nametoindex(interface.c_str());
  if (index == 0) return Fail(Error::FromErrno().Within("interface " + interface));
  return index;
}

InterfaceAddress ReadAddress(const struct ifaddrmsg& head, std::string_view attributes) {
  InterfaceAddress address = {.family = head.ifa_family,
                              .prefix_length = head.ifa_prefixlen,
                              .flags = head.ifa_flags,
                              .scope = head.ifa_scope};
  while (attributes.size() >= sizeof(struct rtattr)) {
    const auto attribute = Copy<struct rtattr>(attributes.data());
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > attributes.size()) break;
    const std::string_view value =
        attributes.substr(RTA_LENGTH(0), attribute.rta_len - RTA_LENGTH(0));
    if (attribute.rta_type == IFA_ADDRESS) address.address.assign(value.begin(), value.end());
    if (attribute.rta_type == IFA_LOCAL) address.local.assign(value.begin(), value.end());
    const std::size_t step = RTA_ALIGN(attribute.rta_len);
    attributes.remove_prefix(step < attributes.size() ? step : attributes.size());
  }
  if (address.local.empty()) address.local = address.address;
  return address;
}

Result<void> AddAddress(const UniqueFd& socket, unsigned index, const InterfaceAddress& address) {
  struct ifaddrmsg body = {};
  body.ifa_family = address.family;
  body.ifa_prefixlen = address.prefix_length;
  body.ifa_scope = address.scope;
  body.ifa_index = index;
  Request request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, body);
  for (const auto& [type, value] :
       {std::pair(IFA_LOCAL, &address.local), std::pair(IFA_ADDRESS, &address.address)}) {
    const auto size = static_cast<std::uint16_t>(value->size());
    request.AddAttribute(static_cast<std::uint16_t>(type), value->data(), size);
  }
  TRY(Send(socket, request));
  return ReadAnswer(socket, [](const struct nlmsghdr&, std::string_view) {});
}

}  // namespace

Result<std::vector<InterfaceAddress>> ReadAddresses(const std::string& interface) {
  const unsigned index = TRY(IndexOf(interface));
  const UniqueFd socket = TRY(OpenRouteSocket());
  const struct ifaddrmsg body = {};
  Request request(RTM_GETADDR, NLM_F_DUMP, body);
  TRY(Send(socket, request));
  std::vector<InterfaceAddress> addresses;
  TRY(ReadAnswer(socket, [&](const struct nlmsghdr& header, std::string_view text) {
    if (header.nlmsg_type != RTM_NEWADDR || text.size() < sizeof(struct ifaddrmsg)) return;
    const auto head = Copy<struct ifaddrmsg>(text.data());
    // Link-local ones are made anew by the kernel, others by whoever announces or leases them.
    const bool is_kept =
        head.ifa_scope == RT_SCOPE_UNIVERSE && (head.ifa_flags & IFA_F_PERMANENT) != 0;
    if (head.ifa_index != index || !is_kept) return;
    addresses.push_back(ReadAddress(head, text.substr(NLMSG_ALIGN(sizeof head))));
  }));
  return addresses;
}

Result<void> MoveInterface(const std::string& name,
                           int network_namespace,
                           const std::string& new_name) {
  const UniqueFd socket = TRY(OpenRouteSocket());
  struct ifinfomsg body = {};
  body.ifi_index = static_cast<int>(TRY(IndexOf(name)));
  Request request(RTM_NEWLINK, NLM_F_ACK, body);
  request.AddAttribute(IFLA_NET_NS_FD, &network_namespace, sizeof network_namespace);
  request.AddAttribute(
      IFLA_IFNAME, new_name.c_str(), static_cast<std::uint16_t>(new_name.size() + 1));
  TRY(Send(socket, request));
  return ReadAnswer(socket, [](const struct nlmsghdr&, std::string_view) {});
}

Result<void> ConfigureInterface(const std::string& name,
                                const std::vector<InterfaceAddress>& addresses) {
  const unsigned index = TRY(IndexOf(name));
  const UniqueFd socket = TRY(OpenRouteSocket());
  for (const InterfaceAddress& address : addresses)
    TRY(AddAddress(socket, index, address));
  return SetInterfaceUp(name);
}

Result<void> SetInterfaceUp(const std::string& name) {
  struct ifreq request = {};
  if (name.size() >= sizeof request.ifr_name) {
    return Fail(Error::FromErrno(ENODEV).Within("interface " + name));
  }
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return Fail(Error::FromErrno().Within("socket(2)"));
  if (::ioctl(socket.Get(), SIOCGIFFLAGS, &request) < 0) {
    return Fail(Error::FromErrno().Within("ioctl(SIOCGIFFLAGS) of interface " + name));
  }
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket.Get(), SIOCSIFFLAGS, &request) < 0) {
    return Fail(Error::FromErrno().Within("ioctl(SIOCSIFFLAGS) of interface " + name));
  }
  return {};
}

}  // namespace agentbox::kernel
