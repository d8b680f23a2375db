#include "cli/plan_json.h"

#include <array>
#include <string_view>
#include <vector>

#include "abi/capabilities.h"
#include "abi/namespaces.h"
#include "base/strings.h"
#include "json/writer.h"
#include "policy/keys.h"
#include "policy/text.h"

namespace agentbox::cli {
namespace {

using json::Writer;

// A list of objects: `write` writes the members of each.
template <typename T, typename Write>
void WriteEach(Writer& writer, std::string_view key, const std::vector<T>& items, Write write) {
  writer.BeginList(key);
  for (const T& item : items) {
    writer.BeginObject();
    write(item);
    writer.End();
  }
  writer.End();
}

std::vector<std::string> NamesOf(std::uint64_t flags) {
  std::vector<std::string> names;
  for (const abi::NamespaceKind& kind : abi::kNamespaceKinds) {
    if ((flags & kind.flag) != 0) names.emplace_back(kind.name);
  }
  return names;
}

std::vector<std::string> CapabilityNames(std::uint64_t set) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < abi::kCapabilityNames.size(); ++i) {
    if (((set >> i) & 1U) != 0) names.emplace_back(abi::kCapabilityNames.at(i));
  }
  return names;
}

void WritePolicy(Writer& writer, const policy::Policy& policy) {
  writer.BeginList("policy");
  for (const policy::Key& key : policy::Keys()) {
    writer.BeginObject();
    writer.Member("key", key.name);
    writer.Member("value", policy::ValueText(policy, key));
    const auto origin = policy.origins.find(std::string(key.name));
    writer.Member("origin", origin == policy.origins.end() ? "built-in" : origin->second);
    writer.End();
  }
  writer.End();
}

void WriteRootfs(Writer& writer, const plan::RootfsPlan& rootfs, const plan::Scratch& scratch) {
  writer.BeginObject("rootfs");
  writer.Member("origin", rootfs.origin);
  writer.Member("path", rootfs.path);
  writer.Member("mode", policy::Name(rootfs.mode));
  writer.Member("readonly", rootfs.readonly);
  writer.Member("propagation", rootfs.propagation);
  WriteEach(writer, "templates", rootfs.templates, [&writer](const plan::TemplateLayer& layer) {
    writer.Member("name", layer.name);
  });
  writer.Member("hidden", rootfs.hidden);
  writer.Member("emptied", rootfs.emptied);
  WriteEach(writer, "standIns", rootfs.stand_ins, [&writer](const plan::StandIn& stand_in) {
    writer.Member("path", stand_in.path);
  });
  writer.End();
  writer.BeginObject("scratch");
  writer.Member("directory", scratch.directory);
  writer.Member("place", plan::Name(scratch.place));
  writer.Member("sizeLimit", scratch.size_limit);
  writer.Member("reason", scratch.reason);
  writer.Member("origin", scratch.origin);
  writer.End();
}

void WriteMap(Writer& writer, std::string_view key, const std::vector<abi::IdMapping>& map) {
  WriteEach(writer, key, map, [&writer](const abi::IdMapping& line) {
    writer.Member("container", line.container);
    writer.Member("host", line.host);
    writer.Member("count", line.count);
  });
}

void WriteIds(Writer& writer, const plan::IdsPlan& ids) {
  constexpr std::array<std::string_view, 4> kSources = {
      "config", "allocated", "inherited", "joined"};
  writer.BeginObject("ids");
  writer.Member("origin", ids.origin);
  writer.Member("source", kSources.at(static_cast<std::size_t>(ids.source)));
  WriteMap(writer, "uids", ids.maps.uids);
  WriteMap(writer, "gids", ids.maps.gids);
  writer.Member("idmapFiles", ids.idmap_files);
  writer.End();
}

void WriteNamespaces(Writer& writer, const plan::NamespacesPlan& namespaces) {
  writer.BeginObject("namespaces");
  writer.Member("created", NamesOf(namespaces.created));
  WriteEach(writer, "joined", namespaces.joined, [&writer](const plan::JoinedNamespace& joined) {
    writer.Member("origin", joined.origin);
    writer.Member("type", NamesOf(joined.flag).front());
    writer.Member("path", joined.path);
  });
  writer.Member("shared", NamesOf(namespaces.shared));
  WriteEach(writer, "clocks", namespaces.clock_offsets, [&writer](const plan::ClockOffset& offset) {
    writer.Member("origin", offset.origin);
    writer.Member("clock", offset.clock);
    writer.Member("seconds", offset.seconds);
    writer.Member("nanoseconds", offset.nanoseconds);
  });
  writer.End();
}

void WriteResources(Writer& writer, const plan::ResourcesPlan& resources) {
  WriteEach(writer, "writes", resources.writes, [&writer](const plan::CgroupWrite& write) {
    writer.Member("origin", write.origin);
    writer.Member("controller", write.controller);
    writer.Member("file", write.file);
    writer.Member("value", write.value);
  });
  WriteEach(writer, "properties", resources.properties, [&writer](const plan::UnitProperty& step) {
    writer.Member("origin", step.origin);
    writer.Member("property", ToString(step));
  });
  WriteEach(writer, "devices", resources.devices, [&writer](const plan::DeviceAccess& rule) {
    writer.Member("origin", rule.origin);
    writer.Member("rule", ToString(rule));
  });
}

void WriteCgroup(Writer& writer, const plan::CgroupPlan& cgroup) {
  constexpr std::array<std::string_view, 3> kDrivers = {"none", "cgroupfs", "systemd"};
  writer.BeginObject("cgroup");
  writer.Member("origin", cgroup.origin);
  writer.Member("driver", kDrivers.at(static_cast<std::size_t>(cgroup.driver)));
  writer.Member("path", cgroup.path);
  writer.Member("slice", cgroup.slice);
  writer.Member("scope", cgroup.scope);
  writer.Member("delegate", cgroup.delegate);
  WriteResources(writer, cgroup.resources);
  writer.End();
}

void WriteMounts(Writer& writer, const std::vector<plan::MountStep>& mounts) {
  WriteEach(writer, "mounts", mounts, [&writer](const plan::MountStep& step) {
    writer.Member("origin", step.origin);
    writer.Member("destination", step.destination);
    writer.Member("step", ToString(step));
  });
}

void WriteDevices(Writer& writer, const plan::DevicesPlan& devices) {
  WriteEach(writer, "devices", devices.nodes, [&writer](const plan::DeviceStep& step) {
    writer.Member("origin", step.origin);
    writer.Member("path", step.path);
    writer.Member("mode", step.mode);
    writer.Member("major", step.major);
    writer.Member("minor", step.minor);
    writer.Member("uid", step.uid);
    writer.Member("gid", step.gid);
  });
  WriteEach(writer, "links", devices.links, [&writer](const plan::SymlinkStep& step) {
    writer.Member("path", step.path);
    writer.Member("target", step.target);
  });
  writer.Member("devicesLeftOut", devices.left_out);
}

void WritePaths(Writer& writer, std::string_view key, const std::vector<plan::MaskedPath>& paths) {
  WriteEach(writer, key, paths, [&writer](const plan::MaskedPath& step) {
    writer.Member("origin", step.origin);
    writer.Member("path", step.path);
  });
}

void WriteDenied(Writer& writer, const std::vector<plan::DeniedPath>& denied) {
  WriteEach(writer, "denied", denied, [&writer](const plan::DeniedPath& step) {
    writer.Member("origin", step.origin);
    writer.Member("path", PathOf(step));
    writer.Member("isCovered", step.is_covered);
  });
}

void WriteResctrl(Writer& writer, const plan::ResctrlPlan& resctrl) {
  writer.BeginObject("resctrl");
  writer.Member("group", resctrl.group);
  writer.Member("isOwn", resctrl.is_own);
  writer.Member("schemata", resctrl.schemata);
  writer.Member("monitor", resctrl.has_monitor);
  writer.End();
}

void WriteKernelSettings(Writer& writer, const plan::SandboxPlan& plan) {
  WriteEach(writer, "sysctl", plan.sysctl, [&writer](const plan::SysctlStep& step) {
    writer.Member("origin", step.origin);
    writer.Member("path", step.path);
    writer.Member("value", step.value);
  });
  writer.Member("hostname", plan.hostname);
  writer.Member("domainname", plan.domainname);
  writer.Member("maxUserNamespaces", plan.max_user_namespaces);
  writer.Member("maxNetNamespaces", plan.max_net_namespaces);
  WriteEach(writer, "netDevices", plan.net_devices, [&writer](const plan::NetDeviceStep& step) {
    writer.Member("origin", step.origin);
    writer.Member("hostName", step.host_name);
    writer.Member("name", step.name);
  });
}

void WriteCapabilities(Writer& writer, const plan::CapabilitySets& sets) {
  writer.BeginObject("capabilities");
  writer.Member("bounding", CapabilityNames(sets.bounding));
  writer.Member("effective", CapabilityNames(sets.effective));
  writer.Member("inheritable", CapabilityNames(sets.inheritable));
  writer.Member("permitted", CapabilityNames(sets.permitted));
  writer.Member("ambient", CapabilityNames(sets.ambient));
  writer.End();
}

// Numbers of the kernel's, as they are passed to it.
void WriteScheduling(Writer& writer, const plan::ProcessPlan& process) {
  if (process.oom_score_adj) writer.Member("oomScoreAdj", *process.oom_score_adj);
  if (process.scheduler) {
    writer.BeginObject("scheduler");
    writer.Member("policy", process.scheduler->policy);
    writer.Member("flags", process.scheduler->flags);
    writer.Member("nice", process.scheduler->nice);
    writer.Member("priority", process.scheduler->priority);
    writer.Member("runtime", process.scheduler->runtime);
    writer.Member("deadline", process.scheduler->deadline);
    writer.Member("period", process.scheduler->period);
    writer.End();
  }
  if (process.io_priority) writer.Member("ioPriority", *process.io_priority);
  writer.Member("initialCpus", process.initial_cpus);
  writer.Member("finalCpus", process.final_cpus);
  if (process.personality) writer.Member("personality", *process.personality);
  if (process.memory_policy) {
    writer.BeginObject("memoryPolicy");
    writer.Member("mode", process.memory_policy->mode);
    writer.Member("nodes", process.memory_policy->nodes);
    writer.End();
  }
}

void WriteProcess(Writer& writer, const plan::ProcessPlan& process) {
  writer.BeginObject("process");
  writer.Member("origin", process.origin);
  writer.Member("args", process.args);
  writer.Member("env", process.env);
  writer.Member("cwd", process.cwd);
  writer.Member("terminal", process.terminal);
  writer.Member("uid", process.uid);
  writer.Member("gid", process.gid);
  writer.Member("additionalGids", process.additional_gids);
  if (process.umask) writer.Member("umask", *process.umask);
  WriteCapabilities(writer, process.capabilities);
  writer.Member("noNewPrivileges", process.no_new_privileges);
  WriteEach(writer, "rlimits", process.rlimits, [&writer](const plan::RlimitStep& step) {
    writer.Member("origin", step.origin);
    writer.Member("name", step.name);
    writer.Member("soft", step.soft);
    writer.Member("hard", step.hard);
  });
  WriteScheduling(writer, process);
  writer.Member("apparmorProfile", process.apparmor_profile);
  writer.Member("selinuxLabel", process.selinux_label);
  writer.End();
}

void WriteSeccomp(Writer& writer, const plan::SeccompPlan& seccomp) {
  writer.Member("engineProfile", seccomp.engine_profile);
  WriteEach(writer, "filters", seccomp.filters, [&writer](const plan::SeccompFilter& filter) {
    writer.Member("origin", filter.origin);
    writer.Member("flags", filter.flags);
    writer.Member("listenerPath", filter.listener_path);
    std::vector<std::string> lines;
    for (const std::string_view line : Split(ToString(filter), '\n')) {
      if (!Trimmed(line).empty()) lines.emplace_back(Trimmed(line));
    }
    writer.Member("rules", lines);
  });
}

void WriteHooks(Writer& writer, const plan::HooksPlan& hooks) {
  writer.BeginList("hooks");
  for (const auto* kind : {&hooks.prestart,
                           &hooks.create_runtime,
                           &hooks.create_container,
                           &hooks.start_container,
                           &hooks.poststart,
                           &hooks.poststop}) {
    for (const plan::HookStep& hook : *kind) {
      writer.BeginObject();
      writer.Member("origin", hook.origin);
      writer.Member("path", hook.path);
      writer.Member("args", hook.args);
      writer.Member("env", hook.env);
      writer.Member("timeout", hook.timeout);
      writer.End();
    }
  }
  writer.End();
}

}  // namespace

std::string PlanJson(const plan::SandboxPlan& plan, const policy::Policy& policy) {
  Writer writer("  ");
  writer.BeginObject();
  writer.Member("id", plan.id);
  writer.Member("bundle", plan.bundle);
  writer.Member("ociVersion", plan.oci_version);
  WritePolicy(writer, policy);
  WriteRootfs(writer, plan.rootfs, plan.scratch);
  WriteIds(writer, plan.ids);
  WriteNamespaces(writer, plan.namespaces);
  WriteCgroup(writer, plan.cgroup);
  if (plan.resctrl) WriteResctrl(writer, *plan.resctrl);
  WriteMounts(writer, plan.mounts);
  WriteDevices(writer, plan.devices);
  WritePaths(writer, "maskedPaths", plan.masked_paths.masked);
  WritePaths(writer, "readonlyPaths", plan.masked_paths.read_only);
  WriteDenied(writer, plan.masked_paths.denied);
  writer.Member("heldDirectories", plan::HeldPaths(plan.mounts));
  WriteKernelSettings(writer, plan);
  WriteProcess(writer, plan.process);
  WriteSeccomp(writer, plan.seccomp);
  WriteHooks(writer, plan.hooks);
  writer.Member("annotations", plan.annotations);
  writer.Member("warnings", plan.warnings);
  writer.End();
  return std::move(writer).Take();
}

}  // namespace agentbox::cli
