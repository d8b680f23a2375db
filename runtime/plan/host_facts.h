// What planning may know about the host: gathered once by container/host_facts.cc and passed in, so
// that "rootless on cgroup v1" is a test case and not a machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "abi/ids.h"

namespace agentbox::plan {

enum class CgroupMode : std::uint8_t {
  kV1,      // controllers in hierarchies of their own, no cgroup2 mount
  kHybrid,  // v1 controllers, and a cgroup2 mount at /sys/fs/cgroup/unified
  kV2,      // one cgroup2 mount at /sys/fs/cgroup
};

// One mounted hierarchy of control groups (cgroups(7)).
struct CgroupHierarchy {
  std::vector<std::string> controllers;  // v1: "cpu", "cpuacct", "name=systemd"; cgroup2: empty
  std::string mount_point;               // "/sys/fs/cgroup/cpu,cpuacct"
  std::string own;                       // of the runtime, below the mount point: "/", "/a/b"
};

struct HostFacts {
  std::uint32_t euid = 0;
  std::uint32_t egid = 0;

  // CAP_SYS_ADMIN over the runtime's own mount namespace: root, or root of a user namespace that an
  // engine (rootless Podman) or our own re-entry made. Without it nothing can be mounted.
  bool has_sys_admin = true;

  // The runtime's user namespace is the host's: ids are the host's, idmapped mounts can be had.
  bool in_initial_user_namespace = true;

  // /proc/self/uid_map and gid_map: `container` ids are those the runtime sees.
  abi::IdMaps own_maps;

  unsigned kernel_major = 6;
  unsigned kernel_minor = 1;
  std::string architecture;  // of uname(2): "x86_64"

  CgroupMode cgroup_mode = CgroupMode::kV2;
  std::vector<std::string> cgroup_controllers;      // usable: v1 mounts, or cgroup.controllers
  std::vector<CgroupHierarchy> cgroup_hierarchies;  // of cgroups::FindHostCgroups
  bool has_systemd = false;                         // /run/systemd/system is there (sd_booted(3))

  bool has_apparmor = false;
  bool has_selinux = false;
  bool has_resctrl = false;  // Intel RDT: /sys/fs/resctrl is mounted
  std::uint32_t last_capability = 40;
};

}  // namespace agentbox::plan
