// One end of the conversation that protocol.h draws.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "init/protocol.h"
#include "kernel/socket.h"

namespace agentbox::init {

class Channel {
 public:
  // Each message is a debug line of `log`, where there is one.
  explicit Channel(UniqueFd socket, const Log* log = nullptr)
      : socket_(std::move(socket)), log_(log) {}

  Result<void> Send(Message message,
                    std::string_view data = {},
                    const std::vector<int>& fds = {}) const;

  // The packet of `expected`. Else: the error that the peer sent with kFailed; kInternal, naming
  // both, for another message; EPIPE where the peer is gone (IsPeerGone).
  Result<kernel::Packet> Expect(Message expected) const;

  // Waits until the peer closes without a word, by execve(2): an empty fd. The listener that it
  // sends before, if it does; the error that it sent instead.
  Result<UniqueFd> ExpectEnd() const;

  // Tells the peer why this process ends. Nobody is left to tell if that fails.
  void SendError(const Error& error) const;

  int Get() const { return socket_.Get(); }

 private:
  void LogMessage(std::string_view what, Message message) const;

  UniqueFd socket_;
  const Log* log_;
};

// Whether a Channel's error says that the peer ended without a word; how it ended is for the caller
// to find out.
bool IsPeerGone(const Error& error);

}  // namespace agentbox::init
