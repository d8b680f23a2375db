// What cgroups made by files have in common, whatever the version.
#pragma once

#include <vector>

#include "cgroups/cgroup.h"
#include "cgroups/directories.h"
#include "cgroups/freezer.h"
#include "cgroups/hierarchy.h"

namespace agentbox::cgroups {

class FileCgroup : public Cgroup {
 public:
  explicit FileCgroup(Location location);

  Result<void> CheckUnused() override;
  Result<void> Create(const plan::CgroupPlan& plan) override;
  Result<void> Delegate(uid_t uid, gid_t gid) override;
  Result<UniqueFd> CloneTarget() override;
  Result<UniqueFd> CloneTargetOf(pid_t pid) override;
  Result<std::vector<UniqueFd>> JoinFiles() override;
  Result<void> Adopt(pid_t pid, const plan::CgroupPlan& plan) override;
  Result<void> Update(const plan::ResourcesPlan& resources) override;
  Result<void> Freeze() override;
  Result<void> Thaw() override;
  Result<bool> IsFrozen() override;
  Result<std::vector<pid_t>> Processes() override;
  Result<void> Kill(int signal) override;
  Result<Stats> ReadStats() override;
  Result<void> Remove() override;
  const Location& Where() const override { return location_; }

 protected:
  // Between the making of the directories and the writes.
  virtual Result<void> Prepare() = 0;

  std::vector<Hierarchy>& Hierarchies() { return hierarchies_; }
  // cgroup2's; nullptr where the host has none.
  Hierarchy* Unified() { return FindHierarchy(hierarchies_, ""); }
  // Points at other directories: those that systemd chose.
  void Move(Location location);

 private:
  struct FreezerFile {
    int directory;
    Freezer freezer;
  };

  Result<void> Make(MadeDirectories& made);
  Result<FreezerFile> OpenFreezer();
  Result<bool> KillAtOnce();
  Result<bool> SendToAll(int signal, std::vector<pid_t>& sent);
  // That which tells best who is in the container; nullptr if there is none.
  Hierarchy* Census();

  Location location_;
  std::vector<Hierarchy> hierarchies_;
};

}  // namespace agentbox::cgroups
