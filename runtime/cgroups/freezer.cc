#include "cgroups/freezer.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "base/strings.h"
#include "cgroups/values.h"
#include "kernel/deadline.h"
#include "kernel/file.h"

namespace agentbox::cgroups {
namespace {

// A process in an uninterruptible call stops only after it: longer than a slow disk takes.
constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(10);

Result<bool> AwaitV2(int directory, bool frozen) {
  const UniqueFd events = TRY(kernel::Open(directory, "cgroup.events", O_RDONLY));
  const kernel::Deadline deadline(kPatience);
  for (;;) {
    const auto state = TRY(ReadKeyAgain(events, "frozen"));
    if (!state || (*state == 1) == frozen) return true;
    if (!TRY(kernel::PollUntil(events.Get(), POLLPRI, deadline))) return false;
  }
}

// v1 gives no sign, and a process that was just forked can leave the state at FREEZING until the
// state is written again (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst).
Result<bool> AwaitV1(int directory, const char* state) {
  const kernel::Deadline deadline(kPatience);
  for (std::chrono::microseconds pause(20);;
       pause = std::min(pause * 2, std::chrono::microseconds(10000))) {
    const std::string now = TRY(kernel::ReadFile(directory, "freezer.state"));
    if (Trimmed(now) == state) return true;
    if (deadline.HasPassed()) return false;
    kernel::Pause(pause);
    TRY(kernel::WriteFile(directory, "freezer.state", state));
  }
}

Result<bool> Set(int directory, Freezer freezer, bool frozen) {
  if (freezer == Freezer::kV2) {
    TRY(kernel::WriteFile(directory, "cgroup.freeze", frozen ? "1" : "0"));
    return AwaitV2(directory, frozen);
  }
  const char* const state = frozen ? "FROZEN" : "THAWED";
  TRY(kernel::WriteFile(directory, "freezer.state", state));
  return AwaitV1(directory, state);
}

}  // namespace

Result<void> SetFrozen(int directory, Freezer freezer, bool frozen) {
  if (TRY(Set(directory, freezer, frozen))) return {};
  if (frozen) TRY(Set(directory, freezer, false));
  return Fail(Error::FromErrno(ETIMEDOUT).Within(frozen ? "not all processes of the cgroup stopped"
                                                        : "the cgroup above is frozen"));
}

Result<bool> IsFrozen(int directory, Freezer freezer) {
  if (freezer == Freezer::kV2) {
    const std::string events = TRY(kernel::ReadFile(directory, "cgroup.events"));
    return FindKey(events, "frozen") == 1;
  }
  const std::string state = TRY(kernel::ReadFile(directory, "freezer.state"));
  return Trimmed(state) == "FROZEN";
}

}  // namespace agentbox::cgroups
