// Unix sockets: packets with fds, and sockets found by a directory's fd.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

struct SocketPair {
  UniqueFd one;
  UniqueFd other;
};

struct Packet {
  std::string data;
  std::vector<UniqueFd> fds;
};

// As many fds as one message carries (SCM_MAX_FD, unix(7)).
constexpr std::size_t kMaxPacketFds = 253;

// Two connected SOCK_SEQPACKET sockets: a message is a packet, end of file means that the peer is
// gone.
Result<SocketPair> PacketSocketPair();

// EPIPE, without the signal, when the peer is gone.
Result<void> SendPacket(int socket, std::string_view data, const std::vector<int>& fds);

// The next packet; empty data at end of file. Fds arrive close-on-exec. EMSGSIZE for a packet that
// is larger than any of ours.
Result<Packet> ReceivePacket(int socket);

// A SOCK_SEQPACKET socket that listens at `name` in `directory`, for the owner alone.
Result<UniqueFd> ListenAt(int directory, const std::string& name);
Result<UniqueFd> ConnectAt(int directory, const std::string& name);
Result<UniqueFd> Accept(const UniqueFd& listener);

// A SOCK_STREAM connection to the socket at the absolute `path`, of an engine's.
Result<UniqueFd> ConnectStream(const std::string& path);

}  // namespace agentbox::kernel
