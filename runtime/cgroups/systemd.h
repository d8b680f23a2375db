// A cgroup of cgroup2 that systemd makes: a scope, delegated to us.
#pragma once

#include <string>

#include "cgroups/v2.h"

namespace agentbox::cgroups {

class Systemd : public V2 {
 public:
  using V2::V2;

  Result<void> Create(const plan::CgroupPlan& plan) override;
  Result<UniqueFd> CloneTarget() override;
  Result<void> Adopt(pid_t pid, const plan::CgroupPlan& plan) override;
  Result<void> Update(const plan::ResourcesPlan& resources) override;
  Result<void> Remove() override;

 private:
  Result<void> Start(pid_t pid, const plan::CgroupPlan& plan);
};

// Where systemd is going to make the scope.
Result<Location> LocateScope(const plan::CgroupPlan& plan, const plan::HostFacts& facts);

// The path of a slice: "a-b.slice" is "/a.slice/a-b.slice", "-.slice" is "" (systemd.slice(5)).
// kInvalidSpec for what is no slice's name.
Result<std::string> SlicePath(const std::string& slice);

}  // namespace agentbox::cgroups
