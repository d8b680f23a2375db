// From `mounts` of config.json to the list of mounts to make. Pure: no system call, no host state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "abi/ids.h"
#include "abi/mount.h"
#include "base/error.h"
#include "plan/host_facts.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::plan {

// The `idmap` and `ridmap` options: the mount's own mapping.
struct MountIdmap {
  abi::IdMaps maps;          // empty: the container's own
  bool is_relative = false;  // `host` ids of the maps are the container's
  bool recursive = false;
};

// A copy of a host file or directory, made visible in the container. Shown through the container's
// id map where IdsPlan::idmap_files, unless `idmap` says otherwise.
struct BindMount {
  std::string source;  // absolute, on the host
  bool recursive = false;
  std::optional<MountIdmap> idmap;
  bool copy_symlink = false;     // crun's copy-symlink: a source that is a symlink stays one
  bool source_nofollow = false;  // crun's src-nofollow: a source that is a symlink is bound itself
  bool allow_device = false;  // the policy lets the container have this device node of the host's
  // Directories below it that are mounts of their own, and so can not be renamed, those above
  // first: "a", "a/b" (container/held_directories.h).
  std::vector<std::string> held;
};

// A host directory or file seen through a layer that takes all writes.
struct ThrowawayMount {
  std::string source;  // absolute, on the host
  // Directory of the layer in the review's, which is kept when the sandbox is gone: "mount-0".
  // Empty: it is in the scratch directory, and goes with the sandbox.
  std::string kept_as;
  std::vector<std::string> hidden;   // as RootfsPlan::hidden
  std::vector<std::string> emptied;  // as RootfsPlan::emptied
};

// A new instance of a file system, as fsconfig(2) configures it.
struct FilesystemMount {
  std::string type;
  std::vector<std::pair<std::string, std::string>> options;  // an empty value sets a flag
  bool copy_up = false;  // tmpcopyup: begins with a copy of what the mount covers
};

// An overlay of host directories that an engine prepared (Podman's volumes with :O).
struct OverlayMount {
  std::vector<std::string> lower;  // topmost first
  std::string upper;               // empty: read-only
  std::string work;
};

// proc, mqueue and devpts: of the namespaces that init lives in. proc and devpts are made by init.
struct KernelMount {
  std::string type;
  std::vector<std::pair<std::string, std::string>> options;
  bool of_host = false;  // proc of the host's pid namespace, which only the launcher may mount
};

// sysfs of the container's network namespace; else, when that is the host's, /sys bound read-only.
struct SysfsMount {};

// The container's own cgroup, at a path: cgroup2, or one directory for each v1 controller.
struct CgroupMount {};

// One mount to make, in the order of the list.
struct MountStep {
  std::string origin;       // where in config.json it comes from: "mounts[3]"
  std::string destination;  // absolute, in the container
  std::string mode_origin;  // what of the policy chose how it is shown; empty: nothing did
  std::variant<BindMount,
               ThrowawayMount,
               FilesystemMount,
               OverlayMount,
               KernelMount,
               SysfsMount,
               CgroupMount>
      what;
  abi::MountAttributes attributes;        // of this mount only: "ro"
  abi::MountAttributes attributes_below;  // of this mount and those below it: "rro"
  std::uint64_t propagation = 0;          // MS_PRIVATE, MS_SLAVE, ..., with MS_REC; 0: private
  bool destination_nofollow = false;      // crun's dest-nofollow: a symlink there is covered itself
};

// The steps for `mounts`, in order; of contrary options the last wins, as with mount(8).
// kInvalidSpec, naming the entry, for a destination that is not absolute and for an option that has
// no meaning there; kRefused for a file system type that no container may mount, and for a mount in
// /proc that would mislead what reads it. A source that is not absolute is of the bundle. Where
// nothing is mounted at /dev a tmpfs for the device nodes comes first.
Result<std::vector<MountStep>> PlanMounts(const spec::Config& config,
                                          const policy::Policy& policy,
                                          const HostFacts& facts,
                                          const std::string& bundle);

// Whether init makes what this step asks for, because only it may.
bool IsMadeByInit(const MountStep& step);

// Whether `path` is `directory` or lies below it; both absolute, as PlanMounts leaves destinations.
bool IsAtOrBelow(const std::string& path, const std::string& directory);

// The directories that mounts of `steps` hold, in the container.
std::vector<std::string> HeldPaths(const std::vector<MountStep>& steps);

// `path` without ".", ".." and repeated slashes, by its text alone; ".." at the root stays there.
std::string CleanPath(const std::string& path);

// One line per step, for `agentbox plan` and for tests.
std::string ToString(const MountStep& step);

}  // namespace agentbox::plan
