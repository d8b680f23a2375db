#include "container/streams.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/path.h"
#include "kernel/tty.h"

namespace agentbox::container {
namespace {

constexpr std::array kStandardStreams = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};

// The file again, found in this mount namespace: behind the re-entry of a user `stream` is of
// another, whose mounts can not be cloned here.
Result<UniqueFd> FindFile(int stream, const struct stat& status) {
  const std::string path = TRY(kernel::PathOf(stream));
  UniqueFd file = TRY(kernel::Open(AT_FDCWD, path, O_PATH | O_NOFOLLOW));
  const struct stat found = TRY(kernel::Stat(file.Get()));
  if (found.st_dev != status.st_dev || found.st_ino != status.st_ino) {
    return Fail(Error(ErrorKind::kRefused, path + " is another file now"));
  }
  return file;
}

Result<void> MoveToReadOnlyMount(int stream, const struct stat& status) {
  const UniqueFd file = TRY(FindFile(stream, status));
  const UniqueFd mount = TRY(kernel::CloneTree(file.Get(), "", /*recursive=*/false));
  TRY(kernel::SetAttributes(mount, {.set = MOUNT_ATTR_RDONLY}, /*recursive=*/false));
  const UniqueFd reopened = TRY(kernel::Reopen(mount.Get(), O_RDONLY));
  TRY(kernel::CopyOffset(stream, reopened.Get()));
  return kernel::UseAsStandard(reopened.Get(), 1U << static_cast<unsigned>(stream));
}

Result<void> SecureStream(int stream) {
  const std::string name = "descriptor " + std::to_string(stream);
  const auto status = kernel::Stat(stream);
  if (!status) return {};
  if (S_ISDIR(status->st_mode)) {
    return Fail(Error(ErrorKind::kRefused,
                      name + " is a directory, by which COMMAND could leave the sandbox"));
  }
  // Without a name left there is nothing on the host to protect: a shell's here-document.
  if (!S_ISREG(status->st_mode) || status->st_nlink == 0) return {};
  if (TRY(kernel::AccessMode(stream)) != O_RDONLY) return {};
  const auto moved = MoveToReadOnlyMount(stream, *status);
  if (moved) return {};
  return Fail(Error(ErrorKind::kRefused,
                    name + " is a file that COMMAND could open for writing (" +
                        moved.error().ToString() + "): give it a pipe, cat FILE | agentbox do …"));
}

}  // namespace

unsigned TerminalStreams() {
  unsigned streams = 0;
  for (const int stream : kStandardStreams) {
    if (kernel::IsTerminal(stream)) streams |= 1U << static_cast<unsigned>(stream);
  }
  return streams;
}

Result<void> SecureStreams() {
  for (const int stream : kStandardStreams)
    TRY(SecureStream(stream));
  return {};
}

}  // namespace agentbox::container
