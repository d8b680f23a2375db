// linux.cgroupsPath and linux.resources as what is written where: files of v1, files of v2, or
// properties of systemd. Pure; all unit conversions are here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "plan/host_facts.h"
#include "policy/policy.h"
#include "spec/config.h"

namespace agentbox::plan {

// One value in one file of the container's cgroup.
struct CgroupWrite {
  std::string origin;      // "linux.resources.memory.limit"
  std::string controller;  // "memory"; on v1 it names the hierarchy
  std::string file;        // "memory.max"
  std::string value;
  bool may_be_absent = false;  // passed over where the kernel has no such file

  // Written instead where the kernel has no `file`: io.weight for io.bfq.weight.
  std::string other_file;
  std::string other_value;

  // checkBeforeUpdate: refused unless the value is above that of this file ("memory.current").
  std::string must_exceed;
};

// A property of a systemd unit (org.freedesktop.systemd1(5)); D-Bus types as alternatives.
struct UnitProperty {
  std::string origin;
  std::string name;  // "MemoryMax"
  std::variant<bool, std::uint64_t, std::string, std::vector<std::uint8_t>> value;
};

// One rule of access to devices. Of a list, the last rule that matches decides; no rule: denied.
struct DeviceAccess {
  std::string origin;
  bool allow = false;
  char type = 'a';                     // 'a' (all, whatever the rest says), 'b' or 'c'
  std::optional<std::uint32_t> major;  // absent: any
  std::optional<std::uint32_t> minor;
  std::string access;  // of "rwm"
};

// What linux.resources comes to in the host's mode.
struct ResourcesPlan {
  std::vector<CgroupWrite> writes;       // in this order; with systemd too, after the properties
  std::vector<UnitProperty> properties;  // systemd
  std::vector<DeviceAccess> devices;     // for a BPF program (v2); on v1 they are among the writes
  std::vector<std::string> warnings;     // asked for and not done, with the origin
};

enum class CgroupDriver : std::uint8_t { kNone, kCgroupfs, kSystemd };

struct CgroupPlan {
  std::string origin;  // "linux.cgroupsPath", or "default"
  CgroupDriver driver = CgroupDriver::kCgroupfs;

  // cgroupfs: absolute, below each hierarchy's root ("/docker/<id>"); or relative to the runtime's
  // own cgroup (v1) or to its parent (v2, where a cgroup with processes can have no children).
  std::string path;

  std::string slice;  // systemd: "system.slice", and the scope's name
  std::string scope;
  bool user_bus = false;  // systemd of the invoking user, not the system's

  // Nothing depends on the cgroup: where the runtime may not make one (rootless), it goes without.
  bool is_optional = false;

  // The container is to own its cgroup (Cgroup::Delegate): config.json mounts it writable.
  bool delegate = false;

  ResourcesPlan resources;
};

struct CgroupRequest {
  bool systemd_driver = false;  // --systemd-cgroup, --cgroup-manager=systemd
  bool disabled = false;        // --cgroup-manager=disabled
};

// The plan of the container `id`. kInvalidSpec for values that runtime-spec or the kernel rules
// out, kUnsupported for what the host's mode has not.
Result<CgroupPlan> PlanCgroup(const spec::Config& config,
                              const policy::Policy& policy,
                              const HostFacts& facts,
                              const CgroupRequest& request,
                              const std::string& id);

// For `update`: what `resources` changes, and nothing else. Its devices are left as they are.
Result<ResourcesPlan> PlanResources(const spec::Resources& resources, CgroupMode mode);

std::string ToString(const CgroupWrite& write);
std::string ToString(const UnitProperty& property);
std::string ToString(const DeviceAccess& rule);

// One line for the place, one for each write, property and rule of access.
std::string ToString(const CgroupPlan& plan);

}  // namespace agentbox::plan
