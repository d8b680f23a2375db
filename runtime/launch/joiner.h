// `exec`: one more process in a container that is there. The outer half of the second part of
// init/protocol.h; nothing is mounted, and the container is only entered.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "cgroups/cgroup.h"
#include "init/channel.h"
#include "init/process.h"
#include "kernel/process.h"
#include "plan/process.h"
#include "plan/sandbox_plan.h"

namespace agentbox::launch {

struct JoinRequest {
  const Log& log;
  const plan::ProcessPlan& process;
  pid_t init_pid = 0;
  const UniqueFd& init;  // its pidfd
  abi::IdMaps maps;      // of the container
  cgroups::Cgroup& cgroup;
  UniqueFd console_socket;
  init::ProcessExtras extras;
};

// Ends the process when it is destroyed before Start.
class Joiner {
 public:
  explicit Joiner(JoinRequest request) : request_(std::move(request)) {}
  Joiner(const Joiner&) = delete;
  Joiner& operator=(const Joiner&) = delete;
  ~Joiner();

  // Clones the process into the container's cgroup and namespaces, where it waits.
  Result<void> Enter();

  // Lets it exec; the caller waits at Channel for the outcome.
  Result<void> Start();

  pid_t Pid() const { return process_.pid; }
  // For whoever waits for the process, a child of this one.
  UniqueFd TakePidfd() { return std::move(process_.pidfd); }
  const init::Channel& Channel() const { return channel_; }

 private:
  // The namespaces of init that are not this process's own.
  struct Namespaces {
    std::vector<std::pair<std::uint64_t, UniqueFd>>
        of_host;  // owned by the runtime's user namespace
    std::uint64_t of_container = 0;
  };

  Result<void> Release() const;
  Result<kernel::Child> CloneInto(const UniqueFd& target) const;
  Result<Namespaces> FindNamespaces() const;
  [[noreturn]] void EnterAndClone(const Namespaces& namespaces,
                                  init::Channel channel,
                                  const std::vector<UniqueFd>& join_files);
  Result<kernel::Child> CloneInside(const Namespaces& namespaces,
                                    const std::vector<UniqueFd>& join_files) const;
  [[noreturn]] void BecomeProcess(const init::Channel& channel);
  Result<init::Executable> PrepareInside() const;

  JoinRequest request_;
  init::Channel channel_{UniqueFd()};
  kernel::Child process_;
  bool is_started_ = false;
};

}  // namespace agentbox::launch
