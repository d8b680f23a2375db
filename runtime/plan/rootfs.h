// The container's root file system. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "abi/ids.h"
#include "base/error.h"
#include "plan/host_facts.h"
#include "plan/scratch.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::plan {

// A file that a sandbox sees in the place of one that is hidden from it, with its owner and mode.
struct StandIn {
  std::string path;  // one of RootfsPlan::hidden
  std::string contents;
};

// A template's layer, read-only between the sandbox's own and the root file system.
struct TemplateLayer {
  std::string name;
  std::string directory;  // absolute
  std::string created;    // tells it from another that took its name
  // Files there have the host's ids of these maps, whichever range the sandbox has.
  abi::IdMaps maps;
  bool uses_user_xattrs = false;  // overlay's marks are user.overlay.*, not trusted.overlay.*
  std::string system;             // that it was made on (container/os_release.h); empty: not known
};

struct RootfsPlan {
  std::string origin;  // "root"
  std::string path;    // absolute, on the host; an overlay is flattened by the executor
  std::string bundle;  // a `path` below it must not lead out of it by symlinks; empty: no such rule
  policy::RootfsMode mode = policy::RootfsMode::kThrowaway;
  bool is_build = false;  // of an image: what it writes is kept, whatever the policy says
  bool readonly = false;
  // With all that is mounted below it, read-only, and without a layer: for `do` without privilege.
  // There the host's mounts are locked to one another, and none is to be had without those below it
  // (mount_namespaces(7)).
  bool is_whole_tree = false;
  std::uint64_t propagation = 0;  // linux.rootfsPropagation as MS_* (MS_PRIVATE ...), 0: as made

  // Paths below `path` that are not to exist in the container (secrets): whiteouts in
  // the upper layer, or below the templates. Relative, without "..".
  std::vector<std::string> hidden;
  // Of these, files that are there with other contents: programs need one of that name.
  std::vector<StandIn> stand_ins;
  // Directories below `path` that are to begin empty, with their mode and owner (the host's /tmp in
  // `do`): opaque where the whiteouts are. Relative, as `hidden`.
  std::vector<std::string> emptied;

  std::vector<TemplateLayer> templates;  // topmost first
  bool is_frozen = false;                // what the sandbox writes becomes a template
};

// The root file system of container `id`. kInvalidSpec without root.path, and for an unknown
// rootfsPropagation.
Result<RootfsPlan> PlanRootfs(const spec::Config& config,
                              const policy::Policy& policy,
                              const std::string& bundle,
                              const std::string& id);

std::string ToString(const RootfsPlan& plan);

}  // namespace agentbox::plan
