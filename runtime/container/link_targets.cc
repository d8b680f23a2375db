#include "container/link_targets.h"

#include <fcntl.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "base/strings.h"
#include "kernel/inode.h"
#include "kernel/path.h"
#include "plan/mounts.h"

namespace agentbox::container {
namespace {

// As many as the kernel follows.
constexpr unsigned kMostLinks = 40;

// A symlink to nothing, in a circle, or through what the caller may not search.
bool LeadsNowhere(const Error& error) {
  const int number = error.Errno();
  return number == ENOENT || number == ENOTDIR || number == EACCES || number == EPERM ||
         number == ELOOP || number == ENAMETOOLONG;
}

// `path`, which is at or below `from`, at the same place below `to`.
std::string Moved(const std::string& path, const std::string& from, const std::string& to) {
  const std::string rest = path.substr(from == "/" ? 0 : from.size());
  if (to == "/") return rest.empty() ? "/" : rest;
  return rest == "/" ? to : to + rest;
}

// The host's path of what the sandbox has at `place`; empty: nothing of a workspace.
std::string OnHost(const std::vector<WorkspacePlace>& places, const std::string& place) {
  const WorkspacePlace* found = nullptr;
  for (const WorkspacePlace& one : places) {
    if (!plan::IsAtOrBelow(place, one.placement)) continue;
    if (found == nullptr || one.placement.size() >= found->placement.size()) found = &one;
  }
  return found == nullptr ? "" : Moved(place, found->placement, found->path);
}

// The names of `path`, the last first.
void Push(const std::string& path, std::vector<std::string>& names) {
  std::vector<std::string> parts;
  for (const std::string_view part : Split(path, '/')) {
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  names.insert(names.end(), parts.rbegin(), parts.rend());
}

// The host's path of what the sandbox finds by `place`, walked name by name, since each of them may
// be a symlink; empty: nothing of a workspace.
std::string Walk(const std::vector<WorkspacePlace>& places, const std::string& place) {
  std::vector<std::string> names;
  Push(place, names);
  std::string at;  // empty: "/"
  for (unsigned links = 0; !names.empty();) {
    const std::string name = std::move(names.back());
    names.pop_back();
    const std::string next = plan::CleanPath(at + "/" + name);
    const std::string host = name == ".." ? "" : OnHost(places, next);
    const auto target = host.empty() ? Result<std::string>() : kernel::ReadLink(AT_FDCWD, host);
    if (!target && target.error().Errno() != EINVAL) return {};
    if (!target || target->empty()) {
      at = next;
      continue;
    }
    if (++links > kMostLinks) return {};
    if (target->starts_with('/')) at.clear();
    Push(*target, names);
  }
  return OnHost(places, at);
}

}  // namespace

Result<std::vector<std::string>> TargetsOf(const DenySearch& search, const std::string& link) {
  std::vector<std::string> targets;
  auto on_host = kernel::RealPath(link);
  if (!on_host && !LeadsNowhere(on_host.error())) return Fail(std::move(on_host).error());
  if (on_host) targets.push_back(*std::move(on_host));
  for (const WorkspacePlace& place : search.places) {
    if (!plan::IsAtOrBelow(link, place.path)) continue;
    const std::string target = Walk(search.places, Moved(link, place.path, place.placement));
    if (target.empty()) continue;
    if (auto canonical = kernel::RealPath(target)) targets.push_back(*std::move(canonical));
  }
  return targets;
}

}  // namespace agentbox::container
