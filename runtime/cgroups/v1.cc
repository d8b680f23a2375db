#include "cgroups/v1.h"

#include <cerrno>
#include <string>

#include "base/strings.h"
#include "kernel/file.h"

namespace agentbox::cgroups {
namespace {

// A cpuset without CPUs or memory nodes takes no process, and a new one has none unless the cgroup
// above has clone_children: what is empty is taken from above (cpusets(7)).
Result<std::string> Inherit(int directory, const std::string& above, const std::string& file) {
  const std::string own = TRY(kernel::ReadFile(directory, above + file));
  if (!Trimmed(own).empty()) return own;
  const std::string inherited = TRY(Inherit(directory, above + "../", file));
  TRY_WITHIN(kernel::WriteFile(directory, above + file, inherited), "value " + Quoted(inherited));
  return inherited;
}

}  // namespace

Result<void> V1::Prepare() {
  Hierarchy* const cpuset = FindHierarchy(Hierarchies(), "cpuset");
  if (cpuset == nullptr) return {};
  for (const char* const file : {"cpuset.cpus", "cpuset.mems"}) {
    TRY_WITHIN(Inherit(cpuset->directory.Get(), "", file), cpuset->path);
  }
  return {};
}

}  // namespace agentbox::cgroups
