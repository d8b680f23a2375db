// What only some containers ask for: `doctor` says whether they may.
#include <fcntl.h>
#include <linux/mempolicy.h>

#include <string>
#include <utility>

#include "base/strings.h"
#include "cgroups/device_filter.h"
#include "cgroups/sd_bus.h"
#include "container/doctor_checks.h"
#include "container/host_facts.h"
#include "kernel/bpf.h"
#include "kernel/file.h"
#include "kernel/scheduling.h"

namespace agentbox::container {
namespace {

bool KnowsFilesystem(std::string_view name) {
  const auto list = kernel::ReadFile(AT_FDCWD, "/proc/filesystems");
  if (!list) return false;
  for (const std::string_view line : Split(*list, '\n')) {
    if (line.ends_with("\t" + std::string(name))) return true;
  }
  return false;
}

Finding ExamineResctrl(const plan::HostFacts& facts) {
  Finding finding = {.feature = "resctrl",
                     .detail = "mounted on /sys/fs/resctrl",
                     .purpose = "linux.intelRdt: shares of the cache and of the memory bandwidth",
                     .remedy = "mount -t resctrl resctrl /sys/fs/resctrl"};
  if (facts.has_resctrl) return finding;
  finding.health = Health::kMissing;
  finding.detail = "not mounted";
  if (KnowsFilesystem("resctrl")) return finding;
  finding.detail = "not in this kernel, or not in this processor";
  finding.remedy =
      "a processor with Intel RDT or AMD QoS, and a kernel with CONFIG_X86_CPU_RESCTRL";
  return finding;
}

Finding ExamineMemoryPolicy() {
  const auto nodes = kernel::ReadFile(AT_FDCWD, "/sys/devices/system/node/online");
  return Judge({.feature = "NUMA memory policy",
                .detail = "can be set" + (nodes ? ", nodes " + std::string(Trimmed(*nodes)) : ""),
                .purpose = "linux.memoryPolicy",
                .remedy = "a kernel with CONFIG_NUMA, and no seccomp filter around agentbox"},
               InChild([] { return kernel::SetMemoryPolicy(MPOL_DEFAULT, {}); }));
}

Result<void> LoadDeviceFilter() {
  TRY(kernel::LoadDeviceFilter(cgroups::DeviceProgram({{.allow = false, .type = 'a'}}),
                               "agentbox_doctor"));
  return {};
}

Finding ExamineDeviceFilter(const plan::HostFacts& facts) {
  Finding finding = {.feature = "device filters by eBPF",
                     .detail = "can be loaded",
                     .purpose = "linux.resources.devices on cgroup v2",
                     .remedy = "a kernel with CONFIG_CGROUP_BPF, and CAP_BPF of the host"};
  if (facts.euid != 0 || !facts.in_initial_user_namespace) {
    finding.detail = "not needed without root: no device nodes can be made";
    return finding;
  }
  return Judge(std::move(finding), LoadDeviceFilter());
}

Finding ExamineSystemd(const plan::HostFacts& facts) {
  Finding finding = {.feature = "systemd's bus",
                     .detail = "answers",
                     .purpose = "--systemd-cgroup: a scope for each container",
                     .remedy = "systemctl start dbus"};
  if (!facts.has_systemd) {
    finding.health = Health::kMissing;
    finding.detail = "this host was not started by systemd";
    finding.remedy = "the engines' cgroupfs driver (Docker: native.cgroupdriver=cgroupfs)";
    return finding;
  }
  const bool is_user = facts.euid != 0 || !facts.in_initial_user_namespace;
  if (is_user) finding.remedy = "loginctl enable-linger, or a login: with dbus-user-session";
  const auto bus = cgroups::SystemdManager::Connect(is_user);
  return bus ? finding : Judge(std::move(finding), Fail(bus.error()));
}

}  // namespace

std::vector<Finding> ExamineOptional() {
  const auto facts = GatherHostFacts();
  if (!facts) {
    return {Judge({.feature = "what this host is", .purpose = "all else"}, Fail(facts.error()))};
  }
  return {ExamineResctrl(*facts),
          ExamineMemoryPolicy(),
          ExamineDeviceFilter(*facts),
          ExamineSystemd(*facts)};
}

}  // namespace agentbox::container
