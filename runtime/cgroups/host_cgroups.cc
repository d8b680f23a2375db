#include "cgroups/host_cgroups.h"

#include <fcntl.h>
#include <linux/magic.h>

#include <algorithm>
#include <optional>

#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/host.h"

namespace agentbox::cgroups {
namespace {

Result<bool> IsMounted(const std::string& path, std::uint64_t magic) {
  const auto found = TRY(kernel::FindFilesystemMagic(path));
  return found == magic;
}

// One line of /proc/PID/cgroup: "4:cpu,cpuacct:/a/b", or "0::/a/b" of cgroup2.
struct Line {
  std::string_view controllers;
  std::string_view path;
};

std::optional<Line> ReadLine(std::string_view line) {
  const auto first = line.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = line.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return Line{line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

// Where the hierarchy is mounted: "cpu,cpuacct" by all of its names or the first, "name=x" by its
// name. Empty: nowhere.
Result<std::string> FindV1Mount(std::string_view controllers) {
  const std::string all(controllers.starts_with("name=") ? controllers.substr(5) : controllers);
  for (const std::string& name : {all, all.substr(0, all.find(','))}) {
    const std::string path = std::string(kRoot) + "/" + name;
    if (!name.empty() && TRY(IsMounted(path, CGROUP_SUPER_MAGIC))) return path;
  }
  return std::string();
}

// The runtime's own cgroup as seen below the mount point. In a container that sees no cgroup but
// its own mounted, yet has no cgroup namespace, the path is the host's, and what is mounted is our
// own.
Result<std::string> OwnBelow(const std::string& mount_point, std::string_view path) {
  std::string own(path);
  if (own.empty() || own == "/" || own.starts_with("/..")) return std::string("/");
  if (TRY(kernel::Exists(AT_FDCWD, mount_point + own))) return own;
  return std::string("/");
}

Result<void> AddV1(const Line& line, HostCgroups& host) {
  std::string mount_point = TRY(FindV1Mount(line.controllers));
  if (mount_point.empty()) return {};
  plan::CgroupHierarchy hierarchy;
  for (const std::string_view name : Split(line.controllers, ',')) {
    hierarchy.controllers.emplace_back(name);
    if (!name.starts_with("name=")) host.controllers.emplace_back(name);
  }
  hierarchy.own = TRY(OwnBelow(mount_point, line.path));
  hierarchy.mount_point = std::move(mount_point);
  host.hierarchies.push_back(std::move(hierarchy));
  return {};
}

Result<void> AddV2(const Line& line, const std::string& mount_point, HostCgroups& host) {
  plan::CgroupHierarchy hierarchy;
  hierarchy.own = TRY(OwnBelow(mount_point, line.path));
  hierarchy.mount_point = mount_point;
  host.hierarchies.push_back(std::move(hierarchy));
  if (host.mode != plan::CgroupMode::kV2) return {};

  const std::string names = TRY(kernel::ReadFile(AT_FDCWD, mount_point + "/cgroup.controllers"));
  for (const std::string_view name : Split(Trimmed(names), ' ')) {
    if (!name.empty()) host.controllers.emplace_back(name);
  }
  return {};
}

}  // namespace

Result<HostCgroups> FindHostCgroups() {
  HostCgroups host;
  std::string unified = kRoot;
  if (!TRY(IsMounted(unified, CGROUP2_SUPER_MAGIC))) {
    unified += "/unified";
    host.mode = TRY(IsMounted(unified, CGROUP2_SUPER_MAGIC)) ? plan::CgroupMode::kHybrid
                                                             : plan::CgroupMode::kV1;
  }
  const std::string own = TRY(kernel::ReadFile(AT_FDCWD, "/proc/self/cgroup"));
  for (const std::string_view text : Split(own, '\n')) {
    const auto line = ReadLine(text);
    if (!line) continue;
    if (!line->controllers.empty()) {
      // On a host of v2 what else is mounted is not systemd's nor ours.
      if (host.mode != plan::CgroupMode::kV2) TRY(AddV1(*line, host));
    } else if (host.mode != plan::CgroupMode::kV1) {
      TRY(AddV2(*line, unified, host));
    }
  }
  return host;
}

}  // namespace agentbox::cgroups
