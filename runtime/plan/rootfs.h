// The container's root file system. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "plan/host_facts.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::plan {

// Where the throwaway layers (upper and work directories) are.
struct Scratch {
  std::string directory;  // of this sandbox alone: "/var/lib/agentbox/<name>"; removed at delete
  bool is_tmpfs = false;  // a tmpfs is mounted on it first
  std::uint64_t size_limit = 0;  // bytes, of the tmpfs; 0: the kernel's default
};

struct RootfsPlan {
  std::string origin;  // "root"
  std::string path;    // absolute, on the host; an overlay is flattened by the executor
  std::string bundle;  // a `path` below it must not lead out of it by symlinks; empty: no such rule
  policy::RootfsMode mode = policy::RootfsMode::kThrowaway;
  bool readonly = false;
  // With all that is mounted below it, read-only, and without a layer: for `do` without privilege.
  // There the host's mounts are locked to one another, and none is to be had without those below it
  // (mount_namespaces(7)).
  bool is_whole_tree = false;
  std::uint64_t propagation = 0;  // linux.rootfsPropagation as MS_* (MS_PRIVATE ...), 0: as made

  // Paths below `path` that are not to exist in the container (secrets): whiteouts in the upper
  // layer. Relative, without "..".
  std::vector<std::string> hidden;
  // Directories below `path` that are to begin empty, with their mode and owner (the host's /tmp in
  // `do`): opaque in the upper layer. Relative, as `hidden`.
  std::vector<std::string> emptied;
};

// kInvalidSpec without root.path, and for an unknown rootfsPropagation.
Result<RootfsPlan> PlanRootfs(const spec::Config& config,
                              const policy::Policy& policy,
                              const std::string& bundle);

std::string ToString(const RootfsPlan& plan);

}  // namespace agentbox::plan
