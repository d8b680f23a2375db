// The rules of config-linux.md#control-groups and #seccomp.

#include <algorithm>

#include "base/strings.h"
#include "json/reader.h"
#include "spec/validate.h"

namespace agentbox::spec {
namespace {

using json::Invalid;
using json::JoinPath;

Result<void> Validate(const DeviceRule& rule, const std::string& path) {
  constexpr std::int64_t kAny = -1;
  constexpr std::int64_t kLargest = 0xffffffff;
  if (rule.major) TRY(CheckRange(*rule.major, kAny, kLargest, JoinPath(path, "major")));
  if (rule.minor) TRY(CheckRange(*rule.minor, kAny, kLargest, JoinPath(path, "minor")));
  if (rule.access.find_first_not_of("rwm") != std::string::npos) {
    return Fail(Invalid(JoinPath(path, "access"), Quoted(rule.access) + " is not made of r, w, m"));
  }
  return {};
}

// "64KB", "2MB", "1GB": it becomes part of a file's name.
bool IsPageSize(std::string_view text) {
  if (!text.ends_with("KB") && !text.ends_with("MB") && !text.ends_with("GB")) return false;
  const auto number = ParseNumber<std::uint32_t>(text.substr(0, text.size() - 2));
  return number && *number > 0 && text.front() != '0';
}

Result<void> ValidateHugepages(const std::vector<HugepageLimit>& limits, const std::string& path) {
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const std::string page_size = JoinPath(JoinPath(path, i), "pageSize");
    if (!IsPageSize(limits[i].page_size)) {
      return Fail(
          Invalid(page_size, Quoted(limits[i].page_size) + " is not a page size, such as \"2MB\""));
    }
    const auto first = std::ranges::find(limits, limits[i].page_size, &HugepageLimit::page_size);
    if (&*first != &limits[i]) return Fail(Invalid(page_size, "the page size is there twice"));
  }
  return {};
}

// Keys are names of files in the cgroup, and nothing else of the host's.
Result<void> ValidateUnified(const std::map<std::string, std::string>& unified,
                             const std::string& path) {
  for (const auto& [file, value] : unified) {
    if (file.empty() || file.starts_with('.') || file.find('/') != std::string::npos) {
      return Fail(Invalid(JoinPath(path, file), "is not the name of a file in a cgroup"));
    }
  }
  return {};
}

// They are written into one line with other words.
bool IsWord(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t\n\v\f\r") == std::string_view::npos;
}

Result<void> Validate(const NetworkResources& network, const std::string& path) {
  for (std::size_t i = 0; i < network.priorities.size(); ++i) {
    if (!IsWord(network.priorities[i].name)) {
      return Fail(Invalid(JoinPath(JoinPath(JoinPath(path, "priorities"), i), "name"),
                          Quoted(network.priorities[i].name) + " is not a name of an interface"));
    }
  }
  return {};
}

// The data of an answer has 16 bits; an errno is at most 4095 to the kernel (MAX_ERRNO), which
// would take a larger one for 4095.
Result<void> ValidateErrno(const std::string& action,
                           const std::optional<std::uint32_t>& errno_ret,
                           const std::string& path) {
  if (!errno_ret) return {};
  if (action == "SCMP_ACT_ERRNO") return CheckRange(*errno_ret, 0, 4095, path);
  if (action == "SCMP_ACT_TRACE") return CheckRange(*errno_ret, 0, 65535, path);
  return Fail(Invalid(path, "is only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE"));
}

Result<void> Validate(const SeccompRule& rule, const std::string& path) {
  if (rule.names.empty()) {
    return Fail(Invalid(JoinPath(path, "names"), "names no system call"));
  }
  TRY(ValidateErrno(rule.action, rule.errno_ret, JoinPath(path, "errnoRet")));
  for (std::size_t i = 0; i < rule.args.size(); ++i) {
    const std::string index = JoinPath(JoinPath(JoinPath(path, "args"), i), "index");
    TRY(CheckRange(rule.args[i].index, 0, 5, index));
  }
  return {};
}

}  // namespace

Result<void> Validate(const Resources& resources, const std::string& path) {
  const std::string devices = JoinPath(path, "devices");
  for (std::size_t i = 0; i < resources.devices.size(); ++i) {
    TRY(Validate(resources.devices[i], JoinPath(devices, i)));
  }
  if (resources.memory && resources.memory->swappiness) {
    // cgroup v1's memory.swappiness; beyond, the kernel gives EINVAL.
    const std::uint64_t swappiness = *resources.memory->swappiness;
    TRY(CheckRange(static_cast<std::int64_t>(std::min<std::uint64_t>(swappiness, INT64_MAX)),
                   0,
                   100,
                   JoinPath(JoinPath(path, "memory"), "swappiness")));
  }
  TRY(ValidateHugepages(resources.hugepage_limits, JoinPath(path, "hugepageLimits")));
  if (resources.network) TRY(Validate(*resources.network, JoinPath(path, "network")));
  for (const auto& [device, limit] : resources.rdma) {
    const std::string entry = JoinPath(JoinPath(path, "rdma"), device);
    if (!IsWord(device)) return Fail(Invalid(entry, "is not the name of a device"));
  }
  return ValidateUnified(resources.unified, JoinPath(path, "unified"));
}

Result<void> Validate(const Seccomp& seccomp, const std::string& path) {
  TRY(ValidateErrno(
      seccomp.default_action, seccomp.default_errno_ret, JoinPath(path, "defaultErrnoRet")));
  if (seccomp.listener_path.empty() && !seccomp.listener_metadata.empty()) {
    return Fail(Invalid(JoinPath(path, "listenerMetadata"), "is only for a listenerPath"));
  }
  if (!seccomp.listener_path.empty()) {
    TRY(CheckAbsolute(seccomp.listener_path, JoinPath(path, "listenerPath")));
  }
  const std::string syscalls = JoinPath(path, "syscalls");
  for (std::size_t i = 0; i < seccomp.syscalls.size(); ++i) {
    TRY(Validate(seccomp.syscalls[i], JoinPath(syscalls, i)));
  }
  return {};
}

}  // namespace agentbox::spec
