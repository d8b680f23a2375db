// A cgroup in v1's hierarchies, with cgroup2 beside them where the host is hybrid.
#pragma once

#include "cgroups/file_cgroup.h"

namespace agentbox::cgroups {

class V1 : public FileCgroup {
 public:
  using FileCgroup::FileCgroup;

 protected:
  Result<void> Prepare() override;
};

}  // namespace agentbox::cgroups
