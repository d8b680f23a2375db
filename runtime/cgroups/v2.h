// A cgroup of cgroup2 alone (Documentation/admin-guide/cgroup-v2.rst).
#pragma once

#include <string>

#include "cgroups/file_cgroup.h"

namespace agentbox::cgroups {

class V2 : public FileCgroup {
 public:
  using FileCgroup::FileCgroup;

 protected:
  Result<void> Prepare() override;
};

}  // namespace agentbox::cgroups
