// Whether somebody looks into a directory.
#pragma once

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>

#include "base/unique_fd.h"

namespace agentbox::test {

// A directory, and whether it, or a file in it, was opened to be read since the last look.
class WatchedDirectory {
 public:
  explicit WatchedDirectory(const std::string& path)
      : events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    if (::inotify_add_watch(events_.Get(), path.c_str(), IN_OPEN) < 0)
      throw std::runtime_error("inotify_add_watch(2) of " + path);
  }

  bool WasRead() const {
    std::array<char, 4096> events = {};
    return ::read(events_.Get(), events.data(), events.size()) > 0;
  }

 private:
  UniqueFd events_;
};

}  // namespace agentbox::test
