#include "container/host_facts.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "base/strings.h"
#include "cgroups/host_cgroups.h"
#include "kernel/capabilities.h"
#include "kernel/file.h"
#include "kernel/host.h"
#include "kernel/namespaces.h"

namespace agentbox::container {
namespace {

constexpr std::uint64_t kResctrlMagic = 0x7655821;  // RDTGROUP_SUPER_MAGIC

Result<void> GatherIds(plan::HostFacts& facts) {
  facts.euid = ::geteuid();
  facts.egid = ::getegid();
  facts.has_sys_admin = ((TRY(kernel::ReadCapabilities()).effective >> CAP_SYS_ADMIN) & 1U) != 0;
  facts.in_initial_user_namespace = TRY(kernel::IsInInitialUserNamespace());
  if (facts.in_initial_user_namespace) {
    const abi::IdMapping all = {.container = 0, .host = 0, .count = ~std::uint32_t{0}};
    facts.own_maps = {.uids = {all}, .gids = {all}};
    return {};
  }
  const std::string uid_map = TRY(kernel::ReadFile(AT_FDCWD, "/proc/self/uid_map"));
  const std::string gid_map = TRY(kernel::ReadFile(AT_FDCWD, "/proc/self/gid_map"));
  facts.own_maps.uids = TRY(ReadIdMap(uid_map));
  facts.own_maps.gids = TRY(ReadIdMap(gid_map));
  return {};
}

Result<void> GatherKernel(plan::HostFacts& facts) {
  const kernel::SystemName name = TRY(kernel::ReadSystemName());
  facts.architecture = name.machine;
  facts.last_capability = kernel::LastCapability();
  const auto parts = Split(name.release, '.');
  const auto major = ParseNumber<unsigned>(parts[0]);
  // "6.1-rc3" has its patch level in the second part.
  const auto minor =
      parts.size() < 2 ? std::nullopt : ParseNumber<unsigned>(Split(parts[1], '-').front());
  if (!major || !minor) {
    return Fail(Error(ErrorKind::kUnsupported,
                      "uname(2): the release " + Quoted(name.release) + " has no version"));
  }
  facts.kernel_major = *major;
  facts.kernel_minor = *minor;
  return {};
}

bool IsOn(const std::string& path, std::uint64_t magic) {
  const auto found = kernel::FindFilesystemMagic(path);
  return found && *found == magic;
}

Result<void> GatherCgroups(plan::HostFacts& facts) {
  cgroups::HostCgroups cgroups = TRY(cgroups::FindHostCgroups());
  facts.cgroup_mode = cgroups.mode;
  facts.cgroup_controllers = std::move(cgroups.controllers);
  facts.cgroup_hierarchies = std::move(cgroups.hierarchies);
  return {};
}

bool IsThere(const std::string& path) {
  const auto exists = kernel::Exists(AT_FDCWD, path);
  return exists && *exists;
}

void GatherServices(plan::HostFacts& facts) {
  facts.has_systemd = IsThere("/run/systemd/system");
  const auto apparmor = kernel::ReadFile(AT_FDCWD, "/sys/module/apparmor/parameters/enabled");
  facts.has_apparmor = apparmor && apparmor->starts_with('Y');
  facts.has_selinux = IsOn("/sys/fs/selinux", SELINUX_MAGIC);
  facts.has_resctrl = IsOn("/sys/fs/resctrl", kResctrlMagic);
}

}  // namespace

Result<std::vector<abi::IdMapping>> ReadIdMap(std::string_view text) {
  std::vector<abi::IdMapping> map;
  for (const std::string_view line : Split(text, '\n')) {
    std::vector<std::uint32_t> numbers;
    for (const std::string_view field : Split(line, ' ')) {
      if (field.empty()) continue;
      const auto number = ParseNumber<std::uint32_t>(field);
      if (!number) return Fail(Error(ErrorKind::kInternal, "an id map has " + Quoted(line)));
      numbers.push_back(*number);
    }
    if (numbers.empty()) continue;
    if (numbers.size() != 3) {
      return Fail(Error(ErrorKind::kInternal, "an id map has " + Quoted(line)));
    }
    map.push_back({.container = numbers[0], .host = numbers[1], .count = numbers[2]});
  }
  return map;
}

Result<plan::HostFacts> GatherHostFacts() {
  plan::HostFacts facts;
  TRY(GatherIds(facts));
  TRY(GatherKernel(facts));
  TRY(GatherCgroups(facts));
  GatherServices(facts);
  return facts;
}

}  // namespace agentbox::container
