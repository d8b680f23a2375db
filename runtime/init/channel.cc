#include "init/channel.h"

#include <cerrno>

namespace agentbox::init {
namespace {

// What a packet holds behind the byte that names its message.
kernel::Packet WithoutName(kernel::Packet packet) {
  packet.data.erase(0, 1);
  return packet;
}

Message MessageOf(const kernel::Packet& packet) {
  return static_cast<Message>(static_cast<unsigned char>(packet.data.front()));
}

}  // namespace

std::string_view Name(Message message) {
  switch (message) {
    case Message::kIdsMapped:
      return "kIdsMapped";
    case Message::kNamespacesMade:
      return "kNamespacesMade";
    case Message::kMountsMade:
      return "kMountsMade";
    case Message::kReadyForHooks:
      return "kReadyForHooks";
    case Message::kHooksRan:
      return "kHooksRan";
    case Message::kReady:
      return "kReady";
    case Message::kCreated:
      return "kCreated";
    case Message::kStart:
      return "kStart";
    case Message::kListener:
      return "kListener";
    case Message::kJoined:
      return "kJoined";
    case Message::kFailed:
      return "kFailed";
  }
  return "an unknown message";
}

Result<void> Channel::Send(Message message,
                           std::string_view data,
                           const std::vector<int>& fds) const {
  std::string packet(1, static_cast<char>(message));
  packet += data;
  LogMessage("to init: ", message);
  return kernel::SendPacket(socket_.Get(), packet, fds);
}

Result<kernel::Packet> Channel::Expect(Message expected) const {
  kernel::Packet packet = TRY(kernel::ReceivePacket(socket_.Get()));
  if (packet.data.empty()) return Fail(Error::FromErrno(EPIPE));
  const Message message = MessageOf(packet);
  LogMessage("from init: ", message);
  if (message == expected) return WithoutName(std::move(packet));
  if (message == Message::kFailed) {
    return Fail(Error::Decode(std::string_view(packet.data).substr(1)));
  }
  return Fail(Error(
      ErrorKind::kInternal,
      "expected " + std::string(Name(expected)) + ", received " + std::string(Name(message))));
}

Result<UniqueFd> Channel::ExpectEnd() const {
  kernel::Packet packet = TRY(kernel::ReceivePacket(socket_.Get()));
  if (packet.data.empty()) return UniqueFd();
  const Message message = MessageOf(packet);
  LogMessage("from init: ", message);
  if (message == Message::kFailed) {
    return Fail(Error::Decode(std::string_view(packet.data).substr(1)));
  }
  if (message != Message::kListener || packet.fds.size() != 1) {
    return Fail(Error(ErrorKind::kInternal, "received " + std::string(Name(message))));
  }
  return std::move(packet.fds.front());
}

void Channel::SendError(const Error& error) const {
  const auto sent = Send(Message::kFailed, error.Encode());
  static_cast<void>(sent);
}

void Channel::LogMessage(std::string_view what, Message message) const {
  if (log_ != nullptr) log_->Debug(std::string(what) + std::string(Name(message)));
}

bool IsPeerGone(const Error& error) {
  return error.Errno() == EPIPE;
}

}  // namespace agentbox::init
