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
  abi::IdMaps maps;  // empty: the container's own
  bool recursive = false;
};

// A copy of a host file or directory, made visible in the container. Shown through the container's
// id map where IdsPlan::idmap_files, unless `idmap` says otherwise.
struct BindMount {
  std::string source;  // absolute, on the host
  bool recursive = false;
  std::optional<MountIdmap> idmap;
  bool copy_symlink =
      false;  // the option of that name of crun: a source that is a symlink stays one
};

// A host directory seen through a throwaway layer: writes go to the scratch directory.
struct ThrowawayMount {
  std::string source;                // absolute, on the host; a directory
  std::vector<std::string> hidden;   // as RootfsPlan::hidden
  std::vector<std::string> emptied;  // as RootfsPlan::emptied
};

// A new instance of a file system, as fsconfig(2) configures it.
struct FilesystemMount {
  std::string type;
  std::vector<std::pair<std::string, std::string>> options;  // an empty value sets a flag
  bool copy_up = false;  // tmpcopyup: begins with a copy of what the mount covers
};

// proc, mqueue and devpts: of the namespaces that init lives in, and therefore made by init.
struct KernelMount {
  std::string type;
  std::vector<std::pair<std::string, std::string>> options;
};

// sysfs of the container's network namespace; else, when that is the host's, /sys bound read-only.
struct SysfsMount {};

// The container's own cgroup, at a path: cgroup2, or one directory for each v1 controller.
struct CgroupMount {};

// One mount to make, in the order of the list.
struct MountStep {
  std::string origin;       // where in config.json it comes from: "mounts[3]"
  std::string destination;  // absolute, in the container
  std::variant<BindMount, ThrowawayMount, FilesystemMount, KernelMount, SysfsMount, CgroupMount>
      what;
  abi::MountAttributes attributes;        // of this mount only: "ro"
  abi::MountAttributes attributes_below;  // of this mount and those below it: "rro"
  std::uint64_t propagation = 0;          // MS_PRIVATE, MS_SLAVE, ..., with MS_REC; 0: private
};

// The steps for `mounts`, in order; of contrary options the last wins, as with mount(8).
// kInvalidSpec, naming the entry, for a destination that is not absolute and for an option that has
// no meaning there; kRefused for a file system type that no container may mount.
Result<std::vector<MountStep>> PlanMounts(const spec::Config& config,
                                          const policy::Policy& policy,
                                          const HostFacts& facts);

// One line per step, for `agentbox plan` and for tests.
std::string ToString(const MountStep& step);

}  // namespace agentbox::plan
