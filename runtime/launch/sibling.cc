#include "launch/sibling.h"

#include <utility>

namespace agentbox::launch {

Result<kernel::Child> ReceiveSibling(const init::Channel& channel, const kernel::Child& first) {
  auto joined = channel.Expect(init::Message::kJoined);
  TRY(kernel::Wait(first.pidfd));
  if (!joined) return Fail(std::move(joined).error());
  if (joined->fds.empty()) return Fail(Error(ErrorKind::kInternal, "kJoined without a pidfd"));
  const pid_t pid = TRY(kernel::PidOf(joined->fds.front()));
  return kernel::Child{.pid = pid, .pidfd = std::move(joined->fds.front())};
}

}  // namespace agentbox::launch
