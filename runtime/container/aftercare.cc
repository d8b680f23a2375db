#include "container/aftercare.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "kernel/file.h"
#include "kernel/signals.h"
#include "kernel/spawn.h"
#include "kernel/tty.h"

namespace agentbox::container {
namespace {

constexpr std::string_view kAllWell = ".";

// A session of its own: what is sent to the group of the command's terminal, as kill(1) does to a
// negative pid, is not for it. And no stream of the command's: a reader of it waits for its end.
Result<void> StepAside() {
  kernel::NewSession();
  TRY(kernel::BlockSignals());
  const UniqueFd null = TRY(kernel::Open(AT_FDCWD, "/dev/null", O_RDWR));
  return kernel::UseAsStandard(null.Get());
}

[[noreturn]] void Watch(const Runtime& runtime, const std::string& id, const UniqueFd& life) {
  const auto aside = StepAside();
  if (!aside) ::_exit(1);
  std::string said;
  for (;;) {
    const auto readable = kernel::WaitForEither(life.Get(), -1, -1);
    const auto some = kernel::ReadSome(life.Get());
    if (!readable || !some || !*some) break;
    said += **some;
  }
  if (said == kAllWell) ::_exit(0);
  const auto deleted = Delete(runtime, id, /*force=*/true);
  ::_exit(deleted ? 0 : 1);
}

}  // namespace

Result<Aftercare> Aftercare::Begin(const Runtime& runtime, const std::string& id) {
  kernel::Pipe life = TRY(kernel::MakePipe());
  kernel::Child child = TRY(kernel::Clone(0));
  if (child.pid == 0) {
    life.writer.Reset();
    Watch(runtime, id, life.reader);
  }
  return Aftercare(std::move(child), std::move(life.writer));
}

Aftercare::~Aftercare() {
  if (!life_) return;
  const auto told = kernel::WriteAll(life_.Get(), kAllWell);
  life_.Reset();
  const auto ended = kernel::Wait(child_.pidfd);
  static_cast<void>(told);
  static_cast<void>(ended);
}

}  // namespace agentbox::container
