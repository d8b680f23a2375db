// The cgroup of one container, on v1, hybrid and v2, made by files or by systemd.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/cgroups.h"
#include "plan/host_facts.h"

namespace agentbox::cgroups {

// Where a container's cgroup is: enough to find it again, so it is recorded (state.json) before the
// cgroup is made.
struct Location {
  plan::CgroupDriver driver = plan::CgroupDriver::kNone;
  plan::CgroupMode mode = plan::CgroupMode::kV2;
  // Absolute directories: on v1 one for each controller ("memory"), and "" for cgroup2 where the
  // host has it (v2, hybrid). Controllers that are mounted together have the same one.
  std::map<std::string, std::string> directories;
  std::string unit;  // systemd: the scope's name
  bool user_bus = false;
};

struct Stats;  // cgroups/stats.h

class Cgroup {
 public:
  Cgroup() = default;
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  virtual ~Cgroup() = default;

  // kAlreadyExists where there are processes of another in it. To be asked before the location is
  // recorded: what is recorded is taken for ours, and killed with the container.
  virtual Result<void> CheckUnused() = 0;

  // Makes the directories and writes the limits (cgroupfs); nothing with systemd, which wants a
  // process first. It checks again as CheckUnused does. On an error what it
  // made is gone again. Where the plan is_optional and the runtime may not make cgroups, it
  // succeeds without one: Where().driver is kNone then, and every other function has nothing to do.
  virtual Result<void> Create(const plan::CgroupPlan& plan) = 0;

  // The cgroup belongs to the ids (of the host) from here on: the directory and the files by which
  // processes and controllers are moved, not the limits. cgroup-v2.rst, "Delegation".
  virtual Result<void> Delegate(uid_t uid, gid_t gid) = 0;

  // cgroup2's directory for clone3(2) with CLONE_INTO_CGROUP; empty where there is none yet.
  virtual Result<UniqueFd> CloneTarget() = 0;

  // The cgroup2 directory that `pid` of the container is in: for `exec` where CloneTarget is EBUSY,
  // because the container has made cgroups of its own below and given them controllers.
  virtual Result<UniqueFd> CloneTargetOf(pid_t pid) = 0;

  // The `tasks` files, open for writing, to which the new process itself writes "0": v1
  // hierarchies. Written by another a join stalls for milliseconds (RCU). One thread moves: that of
  // the caller.
  virtual Result<std::vector<UniqueFd>> JoinFiles() = 0;

  // Puts `pid`, which has just been cloned and waits, into what Create could not: the systemd scope
  // (then writes what systemd has no property for). Where() may be more exact afterwards.
  virtual Result<void> Adopt(pid_t pid, const plan::CgroupPlan& plan) = 0;

  virtual Result<void> Update(const plan::ResourcesPlan& resources) = 0;

  // Both return when every process has stopped, or runs again.
  virtual Result<void> Freeze() = 0;
  virtual Result<void> Thaw() = 0;
  virtual Result<bool> IsFrozen() = 0;

  // Every process in the cgroup and below it.
  virtual Result<std::vector<pid_t>> Processes() = 0;

  // Sends `signal` to all of them: cgroup.kill for SIGKILL where the kernel has it, else frozen
  // first, so that none can fork away.
  virtual Result<void> Kill(int signal) = 0;

  virtual Result<Stats> ReadStats() = 0;

  // Removes the directories and those below, waiting (bounded) for killed processes to leave. No
  // error if gone.
  virtual Result<void> Remove() = 0;

  virtual const Location& Where() const = 0;
};

// Where the planned cgroup will be. Makes nothing. kUnsupported where the host has no hierarchy.
Result<Location> Locate(const plan::CgroupPlan& plan, const plan::HostFacts& facts);

std::unique_ptr<Cgroup> Open(Location location);

}  // namespace agentbox::cgroups
