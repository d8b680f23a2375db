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

// Whether the watched process says that all is well, and does not end without it. Its end is seen
// by a pidfd and not by the pipe's, which the container's init has a copy of until it execs.
bool IsAllWell(const UniqueFd& words, const UniqueFd& watched) {
  for (;;) {
    const auto readable = kernel::WaitForEither(words.Get(), watched.Get(), -1);
    const auto said = kernel::ReadSome(words.Get());
    if (said && *said && **said == kAllWell) return true;
    if (!readable || *readable == kernel::Readable::kSecond) return false;
  }
}

}  // namespace

Result<Aftercare> Aftercare::Begin(const Runtime& runtime,
                                   const std::string& id,
                                   const std::string& file) {
  const UniqueFd self = TRY(kernel::OpenPidfd(::getpid()));
  kernel::Pipe words = TRY(kernel::MakePipe());
  kernel::Child child = TRY(kernel::Clone(0));
  if (child.pid != 0) return Aftercare(std::move(child), std::move(words.writer));

  const auto aside = StepAside();
  if (!aside || IsAllWell(words.reader, self)) ::_exit(0);
  const auto deleted = Delete(runtime, id, /*force=*/true);
  if (!file.empty()) (void)kernel::RemoveFile(AT_FDCWD, file);
  ::_exit(deleted ? 0 : 1);
}

Aftercare::~Aftercare() {
  if (!words_) return;
  const auto told = kernel::WriteAll(words_.Get(), kAllWell);
  words_.Reset();
  const auto ended = kernel::Wait(child_.pidfd);
  static_cast<void>(told);
  static_cast<void>(ended);
}

}  // namespace agentbox::container
