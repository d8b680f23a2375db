// Directories of cgroups: made with undo, removed with patience.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "kernel/deadline.h"

namespace agentbox::cgroups {

// Directories that are removed again with this object, the last made first, unless kept.
class MadeDirectories {
 public:
  MadeDirectories() = default;
  MadeDirectories(const MadeDirectories&) = delete;
  MadeDirectories& operator=(const MadeDirectories&) = delete;
  ~MadeDirectories();

  // Makes `path` and what is missing above it; true if `path` is new.
  Result<bool> Make(const std::string& path);
  void Keep() { paths_.clear(); }

 private:
  std::vector<std::string> paths_;
};

// `path`, a cgroup's directory, for use with the names of its files.
Result<UniqueFd> OpenDirectory(const std::string& path);

// The processes in the cgroup `directory` and in all below it, each once, also those that only have
// threads there; none where a cgroup has just gone. A process of which the reader's pid namespace
// has no number is left out.
Result<std::vector<pid_t>> ReadProcesses(int directory);

// The directory below `directory`, or itself, whose cgroup.procs has `pid`; empty where none has.
Result<UniqueFd> FindProcess(const UniqueFd& directory, pid_t pid);

// Removes the cgroup and those below it, waiting for processes that are about to end. No error
// where it is gone; EBUSY when `deadline` passes.
Result<void> RemoveCgroup(const std::string& path, const kernel::Deadline& deadline);

}  // namespace agentbox::cgroups
