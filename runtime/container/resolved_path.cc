#include "container/resolved_path.h"

#include "kernel/path.h"
#include "plan/mounts.h"

namespace agentbox::container {

std::string Resolved(const std::string& path) {
  for (auto end = path.size(); end != std::string::npos && end > 0;
       end = path.rfind('/', end - 1)) {
    const auto there = kernel::RealPath(path.substr(0, end));
    if (there) return plan::CleanPath(*there + path.substr(end));
  }
  return plan::CleanPath(path);
}

std::string ResolvedAbove(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  if (end == std::string::npos) return "/";
  const auto slash = path.rfind('/', end);
  const std::string name = path.substr(slash + 1, end - slash);
  if (name == "." || name == "..") return Resolved(path);
  return plan::CleanPath(Resolved(path.substr(0, slash + 1)) + "/" + name);
}

}  // namespace agentbox::container
