#include "kernel/spawn.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "kernel/file.h"
#include "kernel/namespaces.h"
#include "kernel/signals.h"
#include "kernel/user.h"

namespace agentbox::kernel {
namespace {

// Makes `fd` the descriptor `number`. It is copied above those that are replaced first, as it may
// be one of them.
Result<void> Place(int fd, int number) {
  if (::dup2(fd, number) < 0) return Fail(Error::FromErrno().Within("dup2(2)"));
  return {};
}

Result<UniqueFd> Copy(int fd, int least) {
  UniqueFd null;
  if (fd < 0) null = TRY(Open(AT_FDCWD, "/dev/null", O_RDWR));
  UniqueFd copy(::fcntl(fd < 0 ? null.Get() : fd, F_DUPFD_CLOEXEC, least));
  if (!copy) return Fail(Error::FromErrno().Within("fcntl(2)"));
  return copy;
}

int FirstFree(const Program& program) {
  return STDERR_FILENO + 1 + static_cast<int>(program.passed.size());
}

Result<void> PlaceStreams(const Program& program) {
  std::vector<int> fds = {program.input, program.output, program.errors};
  fds.insert(fds.end(), program.passed.begin(), program.passed.end());
  const int end = FirstFree(program);
  std::vector<UniqueFd> copies;
  copies.reserve(fds.size());
  for (const int fd : fds)
    copies.push_back(TRY(Copy(fd, end)));
  for (int number = 0; number < end; ++number)
    TRY(Place(copies[static_cast<std::size_t>(number)].Get(), number));
  if (::close_range(static_cast<unsigned>(end), ~0U, CLOSE_RANGE_CLOEXEC) < 0) {
    return Fail(Error::FromErrno().Within("close_range(2)"));
  }
  return {};
}

Result<void> Enter(const Program& program) {
  if (program.mount_namespace >= 0) TRY(JoinNamespaces(program.mount_namespace, CLONE_NEWNS));
  if (program.user_namespace < 0) return {};
  // Groups go while they still can: a namespace may have them denied.
  if (program.is_root_there) TRY(SetGroups({}));
  TRY(JoinNamespaces(program.user_namespace, CLONE_NEWUSER));
  if (!program.is_root_there) return {};
  TRY(SetGid(0));
  return SetUid(0);
}

// In the child. Returns only if it fails.
Result<void> Become(const Program& program) {
  TRY(ResetSignals());
  TRY(PlaceStreams(program));
  TRY(Enter(program));
  // After Enter: a change of ids or capabilities takes the signal away (PR_SET_PDEATHSIG(2const)).
  if (program.dies_with_parent && ::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) {
    return Fail(Error::FromErrno().Within("prctl(2) PR_SET_PDEATHSIG"));
  }
  if (!program.directory.empty() && ::chdir(program.directory.c_str()) < 0) {
    return Fail(Error::FromErrno().Within("chdir(2) to " + program.directory));
  }
  ::execve(program.path.c_str(), Pointers(program.args).data(), Pointers(program.env).data());
  return Fail(Error::FromErrno().Within("execve(2)"));
}

}  // namespace

Result<Pipe> MakeInputPipe() {
  std::array<int, 2> fds = {-1, -1};
  if (::pipe2(fds.data(), O_CLOEXEC) < 0) return Fail(Error::FromErrno().Within("pipe2(2)"));
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Result<Pipe> MakePipe() {
  Pipe pipe = TRY(MakeInputPipe());
  if (::fcntl(pipe.reader.Get(), F_SETFL, O_NONBLOCK) < 0) {
    return Fail(Error::FromErrno().Within("fcntl(2)"));
  }
  return pipe;
}

Result<std::optional<std::string>> ReadSome(int fd) {
  std::array<char, 4096> buffer;
  const auto size = ::read(fd, buffer.data(), buffer.size());
  if (size > 0) return std::string(buffer.data(), static_cast<std::size_t>(size));
  if (size == 0) return std::optional<std::string>();
  if (errno == EAGAIN || errno == EINTR) return std::string();
  return Fail(Error::FromErrno().Within("read(2)"));
}

Result<std::string> ReadToEnd(int fd) {
  std::string text;
  for (;;) {
    TRY(WaitForEither(fd, -1, -1));
    const std::optional<std::string> more = TRY(ReadSome(fd));
    if (!more) return text;
    text += *more;
  }
}

Result<UniqueFd> SealedFile(const std::string& name, std::string_view data) {
  UniqueFd file(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return Fail(Error::FromErrno().Within("memfd_create(2)"));
  TRY(WriteAll(file.Get(), data));
  constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (::fcntl(file.Get(), F_ADD_SEALS, kSeals) < 0 || ::lseek(file.Get(), 0, SEEK_SET) < 0) {
    return Fail(Error::FromErrno().Within("fcntl(2) F_ADD_SEALS"));
  }
  return file;
}

Result<UniqueFd> AnonymousFile(const std::string& name) {
  UniqueFd file(::memfd_create(name.c_str(), MFD_CLOEXEC));
  if (!file) return Fail(Error::FromErrno().Within("memfd_create(2)"));
  return file;
}

Result<Readable> WaitForEither(int first, int second, int milliseconds) {
  std::array<pollfd, 2> fds = {pollfd{first, POLLIN, 0}, pollfd{second, POLLIN, 0}};
  const int count = ::poll(fds.data(), fds.size(), milliseconds);
  if (count < 0 && errno != EINTR) return Fail(Error::FromErrno().Within("poll(2)"));
  if (count <= 0) return Readable::kNothing;
  return fds[1].revents != 0 ? Readable::kSecond : Readable::kFirst;
}

Result<Child> Spawn(const Program& program) {
  Pipe report = TRY(MakePipe());
  Child child = TRY(Clone(CLONE_CLEAR_SIGHAND));
  if (child.pid == 0) {
    // Above the descriptors that the program gets.
    const auto writer = Copy(report.writer.Get(), FirstFree(program));
    const auto failed = writer ? Become(program) : Fail(writer.error());
    const std::string bytes = failed.error().Encode();
    [[maybe_unused]] const auto written =
        WriteAll(writer ? writer->Get() : report.writer.Get(), bytes);
    ::_exit(127);
  }
  // The child's end of the pipe closes by its exec; it says why if it gets no further.
  report.writer.Reset();
  const std::string bytes = TRY(ReadToEnd(report.reader.Get()));
  if (bytes.empty()) return child;
  TRY(Wait(child.pidfd));
  return Fail(Error::Decode(bytes));
}

}  // namespace agentbox::kernel
