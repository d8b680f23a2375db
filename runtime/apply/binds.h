// Bind mounts, detached, with the container's ids.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apply/mounts.h"
#include "base/error.h"
#include "base/unique_fd.h"
#include "plan/mounts.h"

namespace agentbox::apply {

// A mount below another that could not be copied together with it.
struct Submount {
  std::string path;  // below the other: "a/b"
  UniqueFd mount;    // detached
};

struct Bound {
  UniqueFd mount;               // detached, with all below it that is not in `below`
  std::vector<Submount> below;  // in the order in which they are to be attached
};

// The target of the source, where it is a symlink that is to stay one (copy-symlink).
Result<std::optional<std::string>> SymlinkToCopy(const plan::BindMount& bind);

// What `step`, whose part `bind` is, is to mount. Files whose file system has no idmapped mounts
// are shown with the ids that they have where that can do no harm and is all that runc would do:
// kernel interfaces, tmpfs before Linux 6.3, and what is read-only; else kUnsupported with the way
// out.
Result<Bound> Bind(const plan::BindMount& bind,
                   const plan::MountStep& step,
                   const MountContext& context);

}  // namespace agentbox::apply
