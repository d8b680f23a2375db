// Whether files can be shown with a sandbox's ids: tried, because only the file system's code
// knows.
#pragma once

#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::container {

// A user namespace to try with.
class IdmapProbe {
 public:
  // EPERM: without CAP_SYS_ADMIN in the initial user namespace nothing can be idmapped.
  static Result<IdmapProbe> Make();

  // Idmaps a detached copy of the mount that `path` is on. EINVAL: its file system can not be.
  Result<void> Try(const std::string& path) const;

 private:
  explicit IdmapProbe(UniqueFd user_namespace) : user_namespace_(std::move(user_namespace)) {}

  UniqueFd user_namespace_;
};

}  // namespace agentbox::container
