#include "kernel/watch.h"

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace agentbox::kernel {

Result<UniqueFd> MakeEventFd() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return Fail(Error::FromErrno().Within("eventfd(2)"));
  return fd;
}

Result<std::uint64_t> ReadEventFd(const UniqueFd& eventfd) {
  std::uint64_t count = 0;
  if (::read(eventfd.Get(), &count, sizeof count) < 0) {
    if (errno == EAGAIN) return 0;
    return Fail(Error::FromErrno().Within("read(2) of an eventfd"));
  }
  return count;
}

Result<UniqueFd> WatchFile(const std::string& path) {
  UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch) return Fail(Error::FromErrno().Within("inotify_init1(2)"));
  if (::inotify_add_watch(watch.Get(), path.c_str(), IN_MODIFY) < 0) {
    return Fail(Error::FromErrno().Within("inotify_add_watch(2) of " + path));
  }
  return watch;
}

Result<void> DrainWatch(const UniqueFd& watch) {
  alignas(struct inotify_event) std::array<char, 4096> events;
  while (::read(watch.Get(), events.data(), events.size()) > 0) {
  }
  if (errno != EAGAIN) return Fail(Error::FromErrno().Within("read(2) of inotify"));
  return {};
}

}  // namespace agentbox::kernel
