// From a plan to an init that waits for `start`: the outer half of init/protocol.h. It runs in the
// namespaces of the host, except that it makes all mounts in a mount namespace of its own, which
// the initial user namespace owns: init's copy of it, owned by the container's, has them locked
// (mount_namespaces(7)).
//
//   engine --exec--> agentbox create --clone3--> init --execve--> agent
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "abi/ids.h"
#include "apply/mounts.h"
#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "cgroups/cgroup.h"
#include "init/channel.h"
#include "init/process.h"
#include "kernel/process.h"
#include "launch/joined_namespaces.h"
#include "plan/sandbox_plan.h"

namespace agentbox::launch {

struct LaunchRequest {
  const Log& log;
  const plan::SandboxPlan& plan;
  bool in_initial_user_namespace = true;  // plan::HostFacts's
  cgroups::Cgroup& cgroup;
  JoinedNamespaces joined;
  abi::IdMaps maps;         // empty where a user namespace is joined
  UniqueFd start_listener;  // where init waits for `start`
  UniqueFd console_socket;
  init::ProcessExtras extras;
};

// Ends init, and with it its namespaces and mounts, when it is destroyed before Release. Its
// methods are called in the order in which they stand.
class Launcher {
 public:
  explicit Launcher(LaunchRequest request) : request_(std::move(request)) {}
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;
  ~Launcher();

  // Leaves the host's mount namespace, and clones init into its cgroup and namespaces.
  Result<void> CloneInit();

  // Makes everything that init is to see, and lets it enter. Once.
  Result<void> MakeMounts(const apply::KeptLayers& kept);

  // Waits until the hooks of the runtime's namespaces may run; HooksRan goes on.
  Result<void> AwaitHooks();
  Result<void> HooksRan();

  // Waits until init has all but exec'd.
  Result<void> AwaitReady();

  // Leaves init on its own, waiting for `start`, and goes back to the host's mount namespace.
  Result<void> Release();

  pid_t Pid() const { return init_.pid; }
  // For whoever waits for init, a child of this process.
  UniqueFd TakePidfd() { return std::move(init_.pidfd); }
  const apply::SandboxIds& Ids() const { return ids_; }

  // Where hooks of the runtime's namespaces run: this process has left it.
  const UniqueFd& HostMountNamespace() const { return host_mounts_; }
  // The mount namespace that the mounts were made in, which this process has left by Release.
  // Taking it apart, when the last descriptor is closed, can take milliseconds, for which nothing
  // should wait.
  UniqueFd TakeMounts() { return std::move(mounts_); }

 private:
  // How init gets into its cgroup: cloned into it (cgroup2), and by writing itself (v1).
  struct Membership {
    UniqueFd target;
    std::vector<UniqueFd> join_files;
  };

  Result<void> LeaveHostMounts();
  Result<void> Clone();
  Result<void> CloneDirectly();
  Result<void> CloneThroughJoin();
  Result<Membership> OpenCgroup();
  [[noreturn]] void JoinAndCloneInit(init::Channel channel, std::vector<UniqueFd> join_files);
  Result<kernel::Child> JoinAndClone(const std::vector<UniqueFd>& join_files);
  [[noreturn]] void BecomeInit(init::Channel channel, std::vector<UniqueFd> join_files);
  Result<void> MapIds();
  Result<apply::MadeMounts> MountInNamespaces(const UniqueFd& rootfs,
                                              const apply::KeptLayers& kept) const;
  Result<void> LetEnter(const UniqueFd& rootfs,
                        const std::vector<apply::PreparedMount>& prepared) const;
  Result<void> SetClocks() const;
  // Waits for the message; how init ended where it could not say.
  Result<void> Await(init::Message message);

  LaunchRequest request_;
  UniqueFd host_mounts_;
  UniqueFd mounts_;
  init::Channel channel_{UniqueFd()};
  kernel::Child init_;
  UniqueFd user_namespace_;
  apply::SandboxIds ids_;
  bool is_released_ = false;
};

}  // namespace agentbox::launch
