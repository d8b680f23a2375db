#include "cgroups/hierarchy.h"

#include <algorithm>
#include <cerrno>

#include "base/strings.h"
#include "cgroups/directories.h"
#include "cgroups/values.h"
#include "kernel/file.h"

namespace agentbox::cgroups {
namespace {

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Hierarchy* TargetOf(std::vector<Hierarchy>& hierarchies, const plan::CgroupWrite& write) {
  // cgroup2 beside v1 has no controllers of ours.
  if (hierarchies.size() == 1 && hierarchies.front().IsUnified()) return &hierarchies.front();
  return FindHierarchy(hierarchies, write.controller);
}

Error Missing(const plan::CgroupWrite& write, const Hierarchy* hierarchy) {
  const auto unsupported = [&write](const std::string& text) {
    return Error(ErrorKind::kUnsupported, write.origin + ": " + text);
  };
  if (hierarchy == nullptr) {
    return unsupported("this host has no hierarchy of the " + write.controller +
                       " controller mounted");
  }
  const auto controllers = kernel::ReadFile(hierarchy->directory.Get(), "cgroup.controllers");
  if (controllers) {
    std::vector<std::string> names;
    for (const std::string_view name : Split(Trimmed(*controllers), ' '))
      names.emplace_back(name);
    if (!Has(names, write.controller)) {
      return unsupported("the " + write.controller + " controller is not available in " +
                         hierarchy->path + " (cgroup.controllers: \"" + Join(names, " ") + "\")");
    }
  }
  std::string files = write.file;
  if (!write.other_file.empty()) files += " and no " + write.other_file;
  return unsupported("this kernel has no " + files + " in " + hierarchy->path);
}

// v1 refuses a limit that reclaim can not reach.
Error BelowUsage(const plan::CgroupWrite& write, int directory) {
  const bool with_swap = write.file.starts_with("memory.memsw.");
  const std::string prefix = with_swap ? "memory.memsw." : "memory.";
  const auto number = [directory, &prefix](const std::string& name) {
    const auto value = ReadNumberFile(directory, prefix + name);
    return value && *value ? std::to_string(**value) : "unknown";
  };
  return Error(ErrorKind::kRefused,
               write.origin + ": " + write.value +
                   " is below what the container uses (container usage: " +
                   number("usage_in_bytes") + ", peak: " + number("max_usage_in_bytes") + ")");
}

// v1 keeps the limit of memory below that of memory and swap together.
std::string WhyInvalid(const plan::CgroupWrite& write, int directory) {
  if (write.file != "memory.limit_in_bytes") return "value " + Quoted(write.value);
  const auto both = ReadNumberFile(directory, "memory.memsw.limit_in_bytes");
  if (!both || !*both) return "value " + Quoted(write.value);
  return "value " + Quoted(write.value) + " (memory.swap, which includes it, is " +
         std::to_string(**both) + ")";
}

bool IsLimitOfMemory(const plan::CgroupWrite& write) {
  return write.file == "memory.limit_in_bytes" || write.file == "memory.memsw.limit_in_bytes";
}

Result<void> Put(const Hierarchy& hierarchy, const plan::CgroupWrite& write) {
  const int directory = hierarchy.directory.Get();
  auto written = kernel::WriteFile(directory, write.file, write.value);
  if (written) return {};
  if (written.error().Errno() == ENOENT && !write.other_file.empty()) {
    written = kernel::WriteFile(directory, write.other_file, write.other_value);
    if (written) return {};
  }
  if (written.error().Errno() == ENOENT) {
    if (write.may_be_absent) return {};
    return Fail(Missing(write, &hierarchy));
  }
  if (written.error().Errno() == EBUSY && IsLimitOfMemory(write)) {
    return Fail(BelowUsage(write, directory));
  }
  const std::string why = written.error().Errno() == EINVAL ? WhyInvalid(write, directory)
                                                            : "value " + Quoted(write.value);
  return Fail(std::move(written).error().Within(why).Within(write.origin));
}

Result<void> CheckUsage(const Hierarchy& hierarchy, const plan::CgroupWrite& write) {
  const auto usage = TRY(ReadNumberFile(hierarchy.directory.Get(), write.must_exceed));
  const auto wanted = ReadNumber(write.value);
  if (!usage || !wanted || *wanted > *usage) return {};
  return Fail(Error(
      ErrorKind::kRefused,
      write.origin + ": " + write.value +
          " is below what the container uses (container usage: " + std::to_string(*usage) + ")"));
}

// Where each write goes, in the order of the writes; nullptr for one that is passed over.
Result<std::vector<Hierarchy*>> Targets(std::vector<Hierarchy>& hierarchies,
                                        const std::vector<plan::CgroupWrite>& writes) {
  std::vector<Hierarchy*> targets;
  for (const plan::CgroupWrite& write : writes) {
    Hierarchy* const hierarchy = TargetOf(hierarchies, write);
    if (hierarchy == nullptr && !write.may_be_absent) return Fail(Missing(write, nullptr));
    if (hierarchy != nullptr) TRY(OpenHierarchy(*hierarchy));
    targets.push_back(hierarchy);
  }
  return targets;
}

}  // namespace

Result<int> OpenHierarchy(Hierarchy& hierarchy) {
  if (!hierarchy.directory) hierarchy.directory = TRY(OpenDirectory(hierarchy.path));
  return hierarchy.directory.Get();
}

Hierarchy* FindHierarchy(std::vector<Hierarchy>& hierarchies, const std::string& controller) {
  for (Hierarchy& hierarchy : hierarchies) {
    const bool found =
        controller.empty() ? hierarchy.IsUnified() : Has(hierarchy.controllers, controller);
    if (found) return &hierarchy;
  }
  return nullptr;
}

Result<void> ApplyWrites(std::vector<Hierarchy>& hierarchies,
                         const std::vector<plan::CgroupWrite>& writes) {
  const std::vector<Hierarchy*> targets = TRY(Targets(hierarchies, writes));
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (targets[i] != nullptr && !writes[i].must_exceed.empty()) {
      TRY(CheckUsage(*targets[i], writes[i]));
    }
  }
  std::vector<std::size_t> again;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (targets[i] == nullptr) continue;
    auto put = Put(*targets[i], writes[i]);
    if (put) continue;
    if (put.error().Errno() != EINVAL) return put;
    again.push_back(i);
  }
  for (const std::size_t i : again)
    TRY(Put(*targets[i], writes[i]));
  return {};
}

}  // namespace agentbox::cgroups
