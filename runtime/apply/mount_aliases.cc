#include "apply/mount_aliases.h"

#include "plan/mounts.h"

namespace agentbox::apply {
namespace {

using kernel::MountEntry;
using plan::IsAtOrBelow;

// `path`, which is at or below `from`, at the same place below `to`.
std::string Moved(const std::string& path, const std::string& from, const std::string& to) {
  const std::string rest = path.substr(from == "/" ? 0 : from.size());
  if (to == "/") return rest.empty() ? "/" : rest;
  return rest == "/" ? to : to + rest;
}

}  // namespace

const MountEntry* MountOf(const std::string& path, const std::vector<MountEntry>& mounts) {
  const MountEntry* found = nullptr;
  for (const MountEntry& mount : mounts) {
    if (!IsAtOrBelow(path, mount.target)) continue;
    if (found == nullptr || mount.target.size() >= found->target.size()) found = &mount;
  }
  return found;
}

std::vector<std::string> AliasesOf(const std::string& path, const std::vector<MountEntry>& mounts) {
  const MountEntry* const own = MountOf(path, mounts);
  return own == nullptr ? std::vector<std::string>() : AliasesOn(*own, path, mounts);
}

std::vector<std::string> AliasesOn(const MountEntry& own,
                                   const std::string& path,
                                   const std::vector<MountEntry>& mounts) {
  std::vector<std::string> aliases;
  const std::string inside = Moved(path, own.target, own.root);
  for (const MountEntry& other : mounts) {
    if (&other == &own || other.device != own.device) continue;
    const bool shows_part = other.root != inside && IsAtOrBelow(other.root, inside);
    if (!shows_part && !IsAtOrBelow(inside, other.root)) continue;
    std::string alias = shows_part ? other.target : Moved(inside, other.root, other.target);
    // A part that is mounted within the directory itself goes with it.
    const bool is_own = shows_part ? IsAtOrBelow(alias, path) : alias == path;
    if (!is_own && MountOf(other.target, mounts) == &other) aliases.push_back(std::move(alias));
  }
  return aliases;
}

}  // namespace agentbox::apply
