#include "plan/cgroups.h"

#include <algorithm>

#include "base/printable.h"
#include "base/strings.h"
#include "plan/cgroup_resources.h"
#include "plan/mounts.h"

namespace agentbox::plan {
namespace {

tl::unexpected<Error> BadPath(const std::string& text) {
  return Fail(Error(ErrorKind::kInvalidSpec, "linux.cgroupsPath: " + text));
}

// "slice:prefix:name", as engines send it with --systemd-cgroup.
Result<void> PlanScope(const std::string& path,
                       const HostFacts& facts,
                       const std::string& id,
                       CgroupPlan& plan) {
  plan.driver = CgroupDriver::kSystemd;
  plan.user_bus = facts.euid != 0 || !facts.in_initial_user_namespace;
  std::string prefix = "agentbox";
  std::string name = id;
  if (!path.empty()) {
    const std::vector<std::string_view> parts = Split(path, ':');
    if (parts.size() != 3 || parts[2].empty() || path.find('/') != std::string::npos) {
      return BadPath("expected slice:prefix:name for the systemd driver, found " + Quoted(path));
    }
    plan.slice = parts[0];
    prefix = parts[1];
    name = parts[2];
  }
  if (plan.slice.empty()) plan.slice = plan.user_bus ? "user.slice" : "system.slice";
  if (!plan.slice.ends_with(".slice")) {
    return BadPath("expected the name of a slice, such as system.slice, found " +
                   Quoted(plan.slice));
  }
  plan.scope = (prefix.empty() ? "" : prefix + "-") + name + ".scope";
  return {};
}

// The path without "//", "." and ".."; of a relative one ".." may lead no higher than where it
// starts, of an absolute one than "/".
std::string Cleaned(const std::string& path) {
  const std::string clean = CleanPath(path);
  return path.starts_with('/') ? clean : clean.substr(1);
}

Result<void> PlanPath(const std::string& path, const std::string& id, CgroupPlan& plan) {
  plan.path = path.empty() ? id : Cleaned(path);
  if (plan.path.empty() || plan.path == "/") {
    return BadPath(Quoted(path) +
                   " is the root of the hierarchy, which holds the host's processes");
  }
  if (plan.path.find('\n') != std::string::npos) {
    return BadPath("a newline in " + Quoted(path));  // EINVAL of mkdir(2) in a cgroup
  }
  return {};
}

Result<void> PlanPlace(const spec::Config& config,
                       const HostFacts& facts,
                       const CgroupRequest& request,
                       const std::string& id,
                       CgroupPlan& plan) {
  const std::string path = config.linux_ ? config.linux_->cgroups_path : "";
  plan.origin = path.empty() ? "default" : "linux.cgroupsPath";
  if (!request.systemd_driver) return PlanPath(path, id, plan);
  if (facts.cgroup_mode != CgroupMode::kV2) {
    return Fail(Error(ErrorKind::kUnsupported,
                      "--systemd-cgroup: needs cgroup v2 alone on the host, which has v1 "
                      "controllers; use the cgroupfs driver"));
  }
  if (!facts.has_systemd) {
    return Fail(Error(ErrorKind::kUnsupported,
                      "--systemd-cgroup: this host was not started by systemd; use the cgroupfs "
                      "driver"));
  }
  return PlanScope(path, facts, id, plan);
}

bool HasController(const HostFacts& facts, const std::string& name) {
  const auto& names = facts.cgroup_controllers;
  return std::find(names.begin(), names.end(), name) != names.end();
}

// config.json mounts the container's cgroup writable.
bool MountsCgroupWritable(const spec::Config& config) {
  return std::any_of(config.mounts.begin(), config.mounts.end(), [](const spec::Mount& mount) {
    const auto has = [&mount](const char* option) {
      return std::find(mount.options.begin(), mount.options.end(), option) != mount.options.end();
    };
    return (mount.type == "cgroup" || mount.type == "cgroup2") && !has("ro") && !has("rro");
  });
}

void AddDefaultPidsLimit(const policy::Policy& policy, bool systemd, ResourcesPlan& plan) {
  const auto limit = static_cast<std::uint64_t>(policy.default_pids_limit);
  plan.writes.push_back({.origin = "limits.pids",
                         .controller = "pids",
                         .file = "pids.max",
                         .value = std::to_string(limit),
                         .may_be_absent = true});
  if (systemd) {
    plan.properties.push_back({.origin = "limits.pids", .name = "TasksMax", .value = limit});
  }
}

// Nothing is refused to a process that can not make device nodes, and whose user namespace may load
// no BPF program: there the rules are left to the host's.
bool MayFilterDevices(const HostFacts& facts) {
  return facts.euid == 0 && facts.in_initial_user_namespace;
}

Result<void> PlanDevices(const spec::Resources& resources,
                         const HostFacts& facts,
                         ResourcesPlan& plan) {
  std::vector<DeviceAccess> rules = TRY(PlanDeviceAccess(resources.devices));
  if (!MayFilterDevices(facts)) return {};
  if (facts.cgroup_mode == CgroupMode::kV2 || !HasController(facts, "devices")) {
    plan.devices = std::move(rules);
    return {};
  }
  for (CgroupWrite& write : DeviceWrites(rules))
    plan.writes.push_back(std::move(write));
  return {};
}

std::string ValueText(const UnitProperty& property) {
  struct Text {
    std::string operator()(bool value) const { return value ? "yes" : "no"; }
    std::string operator()(std::uint64_t value) const {
      return value == UINT64_MAX ? "infinity" : std::to_string(value);
    }
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(const std::vector<std::uint8_t>& value) const {
      constexpr std::string_view kDigits = "0123456789abcdef";
      std::string text = "0x";
      for (auto byte = value.rbegin(); byte != value.rend(); ++byte) {
        text += kDigits[*byte >> 4U];
        text += kDigits[*byte & 15U];
      }
      return text;
    }
  };
  return std::visit(Text(), property.value);
}

std::string PlaceText(const CgroupPlan& plan) {
  switch (plan.driver) {
    case CgroupDriver::kNone:
      return "none";
    case CgroupDriver::kCgroupfs:
      return plan.path + (plan.path.starts_with('/') ? "" : " below the runtime's own");
    case CgroupDriver::kSystemd:
      return plan.slice + "/" + plan.scope + (plan.user_bus ? " (systemd --user)" : " (systemd)");
  }
  return "";
}

}  // namespace

Result<ResourcesPlan> PlanResources(const spec::Resources& resources, CgroupMode mode) {
  TRY(CheckResources(resources));
  ResourcesPlan plan;
  if (mode == CgroupMode::kV2) {
    TRY(PlanV2(resources, plan));
    TRY(PlanProperties(resources, plan));
  } else {
    TRY(PlanV1(resources, plan));
  }
  for (const auto& [device, limit] : resources.rdma) {
    std::string value = device;
    if (limit.hca_handles) value += " hca_handle=" + std::to_string(*limit.hca_handles);
    if (limit.hca_objects) value += " hca_object=" + std::to_string(*limit.hca_objects);
    plan.writes.push_back(Write("rdma." + device, "rdma.max", std::move(value)));
  }
  return plan;
}

Result<CgroupPlan> PlanCgroup(const spec::Config& config,
                              const policy::Policy& policy,
                              const HostFacts& facts,
                              const CgroupRequest& request,
                              const std::string& id) {
  const spec::Resources none;
  const bool has_resources = config.linux_ && config.linux_->resources;
  const spec::Resources& resources = has_resources ? *config.linux_->resources : none;

  CgroupPlan plan;
  plan.resources = TRY(PlanResources(resources, facts.cgroup_mode));
  const bool has_limits = !plan.resources.writes.empty();
  if (request.disabled) {
    if (has_limits) {
      plan.resources.warnings.emplace_back(
          "linux.resources: passed over: --cgroup-manager=disabled");
    }
    plan.origin = "--cgroup-manager=disabled";
    plan.driver = CgroupDriver::kNone;
    plan.resources.writes.clear();
    plan.resources.properties.clear();
    return plan;
  }
  TRY(PlanPlace(config, facts, request, id, plan));
  if (!request.systemd_driver) plan.resources.properties.clear();
  const bool is_root = facts.euid == 0 && facts.in_initial_user_namespace;
  plan.is_optional = !is_root && !has_limits && plan.origin == "default";
  plan.delegate = MountsCgroupWritable(config);
  if (!resources.pids_limit && policy.default_pids_limit > 0) {
    AddDefaultPidsLimit(policy, request.systemd_driver, plan.resources);
  }
  TRY(PlanDevices(resources, facts, plan.resources));
  return plan;
}

std::string ToString(const CgroupWrite& write) {
  std::string text = write.file + " = " + write.value;
  if (!write.other_file.empty())
    text += " (or " + write.other_file + " = " + write.other_value + ")";
  if (write.may_be_absent) text += " (where the kernel has it)";
  return text;
}

std::string ToString(const UnitProperty& property) {
  return property.name + "=" + ValueText(property);
}

std::string ToString(const DeviceAccess& rule) {
  const auto number = [](const std::optional<std::uint32_t>& value) {
    return value ? std::to_string(*value) : "*";
  };
  std::string text = rule.allow ? "allow " : "deny ";
  if (rule.type == 'a') return text + "all devices";
  text += rule.type;
  return text + " " + number(rule.major) + ":" + number(rule.minor) + " " + rule.access;
}

std::string ToString(const CgroupPlan& plan) {
  std::string text = "cgroup " + Printable(PlaceText(plan)) +
                     (plan.delegate ? ", the container's own" : "") + "  [" + plan.origin + "]\n";
  const auto add = [&text](const auto& step) {
    text += "  " + Printable(ToString(step)) + "  [" + Printable(step.origin) + "]\n";
  };
  for (const CgroupWrite& write : plan.resources.writes)
    add(write);
  for (const UnitProperty& property : plan.resources.properties)
    add(property);
  for (const DeviceAccess& rule : plan.resources.devices)
    add(rule);
  return text;
}

}  // namespace agentbox::plan
