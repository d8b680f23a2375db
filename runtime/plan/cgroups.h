// linux.cgroupsPath and linux.resources as what is written where: files of v1, files of v2, or
// properties of systemd. Pure; all unit conversions are here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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
};

// A property of a systemd unit (org.freedesktop.systemd1(5)); D-Bus types as alternatives.
struct UnitProperty {
  std::string origin;
  std::string name;  // "MemoryMax"
  std::variant<bool,
               std::uint64_t,
               std::string,
               std::vector<std::uint8_t>,
               std::vector<std::pair<std::string, std::uint64_t>>>
      value;
};

// One rule of linux.resources.devices in the order in which they are matched, the last match first.
struct DeviceAccess {
  std::string origin;
  bool allow = false;
  char type = 'a';                     // 'a', 'b' or 'c'
  std::optional<std::uint32_t> major;  // absent: any
  std::optional<std::uint32_t> minor;
  std::string access;  // of "rwm"
};

enum class CgroupDriver : std::uint8_t { kNone, kCgroupfs, kSystemd };

struct CgroupPlan {
  std::string origin;  // "linux.cgroupsPath", or "default"
  CgroupDriver driver = CgroupDriver::kCgroupfs;
  std::string path;   // cgroupfs: below each hierarchy's root, "/docker/<id>"
  std::string slice;  // systemd: "system.slice", and the scope's name
  std::string scope;
  bool user_bus = false;  // systemd of the invoking user, not the system's

  std::vector<CgroupWrite> writes;  // for the host's mode: v1's, or v2's
  std::vector<UnitProperty> properties;
  std::vector<DeviceAccess> devices;
  bool delegate = false;  // the container owns its cgroup: writable cgroup mounts
};

struct CgroupRequest {
  bool systemd_driver = false;  // --systemd-cgroup, --cgroup-manager=systemd
  bool disabled = false;        // --cgroup-manager=disabled
};

// The plan of the container `id`. kInvalidSpec for values that runtime-spec or the kernel rules
// out.
Result<CgroupPlan> PlanCgroup(const spec::Config& config,
                              const policy::Policy& policy,
                              const HostFacts& facts,
                              const CgroupRequest& request,
                              const std::string& id);

// For `update`: what `resources` changes, and nothing else.
Result<std::vector<CgroupWrite>> PlanCgroupWrites(const spec::Resources& resources,
                                                  CgroupMode mode);
Result<std::vector<UnitProperty>> PlanUnitProperties(const spec::Resources& resources);

std::string ToString(const CgroupWrite& write);

}  // namespace agentbox::plan
