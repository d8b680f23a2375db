#include "kernel/entry.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "kernel/file.h"
#include "kernel/path.h"

namespace agentbox::kernel {

Result<std::optional<struct stat>> StatEntry(int directory, const std::string& name) {
  struct stat status = {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    return std::optional(status);
  }
  if (errno == ENOENT) return std::optional<struct stat>();
  return Fail(Error::FromErrno().Within("fstatat(2) of " + name));
}

Result<UniqueFd> OpenUnnamed(int directory, mode_t mode) {
  return Open(directory, ".", O_WRONLY | O_TMPFILE, mode);
}

Result<void> LinkFile(int file, int directory, const std::string& name) {
  // By /proc: AT_EMPTY_PATH takes CAP_DAC_READ_SEARCH, of the initial user namespace.
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (::linkat(AT_FDCWD, path.c_str(), directory, name.c_str(), AT_SYMLINK_FOLLOW) < 0) {
    return Fail(Error::FromErrno().Within("linkat(2) of " + name));
  }
  return {};
}

Result<void> LinkEntry(int directory, const std::string& name, const std::string& other) {
  if (::linkat(directory, name.c_str(), directory, other.c_str(), 0) < 0) {
    return Fail(Error::FromErrno().Within("linkat(2) of " + other));
  }
  return {};
}

Result<void> RenameEntry(int directory,
                         const std::string& from,
                         const std::string& to,
                         unsigned flags) {
  return MoveEntry(directory, from, directory, to, flags);
}

Result<void> MoveEntry(int from_directory,
                       const std::string& from,
                       int to_directory,
                       const std::string& to,
                       unsigned flags) {
  if (::renameat2(from_directory, from.c_str(), to_directory, to.c_str(), flags) < 0) {
    return Fail(Error::FromErrno().Within("renameat2(2) to " + to));
  }
  return {};
}

Result<void> RemoveEntry(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), 0) < 0) {
    return Fail(Error::FromErrno().Within("unlinkat(2) of " + name));
  }
  return {};
}

Result<void> SetModifiedTime(int directory, const std::string& name, struct timespec time) {
  const std::array<struct timespec, 2> times = {timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, time};
  if (::utimensat(directory, name.c_str(), times.data(), AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0) {
    return Fail(Error::FromErrno().Within("utimensat(2) of " + name));
  }
  return {};
}

Result<void> SetModifiedTime(int file, struct timespec time) {
  const std::array<struct timespec, 2> times = {timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, time};
  if (::futimens(file, times.data()) < 0) return Fail(Error::FromErrno().Within("futimens(3)"));
  return {};
}

// Stamps are of a clock that lags behind the precise one. But since Linux 6.13 the time of a file
// that was looked at since its last change is precise, and none after it is earlier, of whatever
// file (multigrain timestamps): looked at between two changes, this one's is, too. Where it is
// not of this machine's clocks, as on network file systems, or not precise, the lagging clock
// tells.
Result<std::int64_t> StampOfNow(int file) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const auto nanoseconds = [](const struct timespec& time) {
    return time.tv_sec * kSecond + time.tv_nsec;
  };
  struct timespec lagging = {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &lagging);
  const struct timespec now = {.tv_sec = 0, .tv_nsec = UTIME_NOW};
  struct stat status = {};
  for (int i = 0; i < 2; ++i) {
    TRY(SetModifiedTime(file, now));
    status = TRY(Stat(file));
  }
  struct timespec precise = {};
  ::clock_gettime(CLOCK_REALTIME, &precise);
  const std::int64_t stamp = nanoseconds(status.st_ctim);
  const bool is_ours = stamp >= nanoseconds(lagging) && stamp <= nanoseconds(precise);
  return is_ours ? stamp : nanoseconds(lagging);
}

Result<void> SetMode(int file, mode_t mode) {
  if (::fchmod(file, mode) < 0) return Fail(Error::FromErrno().Within("fchmod(2)"));
  return {};
}

Result<void> Synchronize(int file) {
  if (::fsync(file) < 0) return Fail(Error::FromErrno().Within("fsync(2)"));
  return {};
}

Result<void> SynchronizeFilesystem(int file) {
  if (::syncfs(file) < 0) return Fail(Error::FromErrno().Within("syncfs(2)"));
  return {};
}

Result<std::string> HandleOf(int file) {
  alignas(struct file_handle) std::array<char, sizeof(struct file_handle) + MAX_HANDLE_SZ> buffer;
  auto* const handle = reinterpret_cast<struct file_handle*>(buffer.data());
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  if (::name_to_handle_at(file, "", handle, &mount, AT_EMPTY_PATH) < 0) {
    return Fail(Error::FromErrno().Within("name_to_handle_at(2)"));
  }
  std::string bytes(1, static_cast<char>(handle->handle_type));
  bytes.append(buffer.data() + sizeof(struct file_handle), handle->handle_bytes);
  return bytes;
}

}  // namespace agentbox::kernel
