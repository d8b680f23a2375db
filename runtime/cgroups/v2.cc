#include "cgroups/v2.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/strings.h"
#include "cgroups/host_cgroups.h"
#include "kernel/file.h"

namespace agentbox::cgroups {
namespace {

using Names = std::vector<std::string>;

Result<Names> ReadNames(int directory, const std::string& file) {
  const std::string text = TRY(kernel::ReadFile(directory, file));
  Names names;
  for (const std::string_view name : Split(Trimmed(text), ' ')) {
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

bool IncludesAll(const Names& names, const Names& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&names](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

// Gives the children of `directory` all the controllers that it has. Those that can not be given
// (EBUSY where it has processes of its own, EOPNOTSUPP where it is threaded, EACCES where it is not
// ours) are missed only by a limit that needs one: its write says so.
Result<void> EnableFor(int directory) {
  const Names available = TRY(ReadNames(directory, "cgroup.controllers"));
  const Names enabled = TRY(ReadNames(directory, "cgroup.subtree_control"));
  Names missing;
  for (const std::string& name : available) {
    if (!IncludesAll(enabled, {name})) missing.push_back("+" + name);
  }
  if (missing.empty()) return {};
  // All or none: one by one if one of them is refused.
  if (kernel::WriteFile(directory, "cgroup.subtree_control", Join(missing, " "))) return {};
  for (const std::string& name : missing) {
    [[maybe_unused]] const auto given =
        kernel::WriteFile(directory, "cgroup.subtree_control", name);
  }
  return {};
}

// Every cgroup above `path`, from the root on.
Result<void> EnableAbove(const std::string& path) {
  const std::string root = kRoot;
  for (auto end = root.size(); end != std::string::npos; end = path.find('/', end + 1)) {
    const std::string above = path.substr(0, end);
    const UniqueFd directory = TRY(kernel::Open(AT_FDCWD, above, O_RDONLY | O_DIRECTORY));
    TRY_WITHIN(EnableFor(directory.Get()), above);
  }
  return {};
}

// "domain invalid": below a threaded cgroup, where no process can be put. As a threaded cgroup it
// can take one, at the price of the controllers that know no threads: their limits then fail.
Result<void> LeaveInvalid(const Hierarchy& hierarchy) {
  const auto type = kernel::ReadFile(hierarchy.directory.Get(), "cgroup.type");
  if (!type || Trimmed(*type) != "domain invalid") return {};
  TRY_WITHIN(kernel::WriteFile(hierarchy.directory.Get(), "cgroup.type", "threaded"),
             hierarchy.path + " is below a threaded cgroup");
  return {};
}

}  // namespace

Result<void> V2::Prepare() {
  const Hierarchy& unified = *Unified();
  TRY(LeaveInvalid(unified));
  const Names all = TRY(ReadNames(AT_FDCWD, std::string(kRoot) + "/cgroup.controllers"));
  const Names here = TRY(ReadNames(unified.directory.Get(), "cgroup.controllers"));
  if (IncludesAll(here, all)) return {};
  return EnableAbove(unified.path);
}

}  // namespace agentbox::cgroups
