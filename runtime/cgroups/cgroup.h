// The cgroup of one container, on v1, hybrid and v2, made by files or by systemd.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/cgroups.h"
#include "plan/host_facts.h"

namespace agentbox::cgroups {

// Where a container's cgroup is: enough to find it again, so it is recorded (state.json) before the
// cgroup is made.
struct Location {
  plan::CgroupDriver driver = plan::CgroupDriver::kCgroupfs;
  plan::CgroupMode mode = plan::CgroupMode::kV2;
  // Absolute directories: on v1 one for each controller ("memory"), and "" for cgroup2 where the host
  // has it (v2, hybrid).
  std::map<std::string, std::string> directories;
  std::string unit;  // systemd: the scope's name
  bool user_bus = false;
};

struct Stats;  // cgroups/stats.h

class Cgroup {
 public:
  virtual ~Cgroup() = default;

  // Makes the directories and writes the limits (cgroupfs); nothing with systemd, which wants a
  // process first. kAlreadyExists where a directory holds processes of another.
  virtual Result<void> Create(const plan::CgroupPlan& plan) = 0;

  // cgroup2's directory for clone3(2) with CLONE_INTO_CGROUP; empty where there is none yet.
  virtual Result<UniqueFd> CloneTarget() = 0;

  // The `tasks` or `cgroup.procs` files, open for writing, to which the new process itself writes
  // "0": v1 hierarchies. Written by another a join stalls for milliseconds (RCU).
  virtual Result<std::vector<UniqueFd>> JoinFiles() = 0;

  // Puts `pid`, which has just been cloned and waits, into what Create could not: the systemd scope
  // (then writes what systemd has no property for), and the device filter (v2).
  virtual Result<void> Adopt(pid_t pid, const plan::CgroupPlan& plan) = 0;

  virtual Result<void> Update(const std::vector<plan::CgroupWrite>& writes,
                              const std::vector<plan::UnitProperty>& properties) = 0;
  virtual Result<void> Freeze() = 0;
  virtual Result<void> Thaw() = 0;
  virtual Result<bool> IsFrozen() = 0;

  // Every process in the cgroup and below it.
  virtual Result<std::vector<pid_t>> Processes() = 0;

  // Sends `signal` to all of them: cgroup.kill for SIGKILL where the kernel has it, else frozen
  // first, so that none can fork away.
  virtual Result<void> Kill(int signal) = 0;

  virtual Result<Stats> ReadStats() = 0;

  // Removes the directories, waiting (bounded) for killed processes to leave. No error if gone.
  virtual Result<void> Remove() = 0;

  virtual const Location& Where() const = 0;
};

// Where the planned cgroup will be. Makes nothing.
Result<Location> Locate(const plan::CgroupPlan& plan, const plan::HostFacts& facts);

std::unique_ptr<Cgroup> Open(Location location);

}  // namespace agentbox::cgroups
