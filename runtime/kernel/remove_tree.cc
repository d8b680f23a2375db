#include "kernel/remove_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "kernel/file.h"
#include "kernel/path.h"

namespace agentbox::kernel {
namespace {

// Levels that are gone down into with a descriptor each; what lies deeper is moved up to them.
constexpr unsigned kOpenLevels = 16;

// Removes a file or an empty directory. False: it is a directory that is not empty.
Result<bool> RemoveLeaf(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) return true;
  const bool is_directory = errno == EISDIR;
  if (is_directory && ::unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0) return true;
  if (is_directory && (errno == ENOTEMPTY || errno == EEXIST)) return false;
  return Fail(Error::FromErrno().Within("unlinkat(2) of " + name));
}

Result<UniqueFd> OpenForRemoval(int directory, const std::string& name) {
  // Never into what is mounted there: that is not ours to remove.
  auto opened = OpenOnMount(directory, name, O_RDONLY | O_DIRECTORY);
  if (opened || opened.error().Errno() != EACCES) return opened;
  // Overlay's own work directory has mode 000, which stops whoever is not root.
  if (::fchmodat(directory, name.c_str(), S_IRWXU, 0) < 0) {
    return Fail(Error::FromErrno().Within("fchmodat(2) of " + name));
  }
  return OpenOnMount(directory, name, O_RDONLY | O_DIRECTORY);
}

// Moves the directory `name` out of `from` into `top`, under a name that is free there. `moved`
// counts.
Result<void> MoveUp(int from, const std::string& name, int top, unsigned long& moved) {
  for (;;) {
    const std::string free = ".removed-" + std::to_string(++moved);
    if (::renameat2(from, name.c_str(), top, free.c_str(), RENAME_NOREPLACE) == 0) return {};
    if (errno != EEXIST) return Fail(Error::FromErrno().Within("renameat2(2) of " + name));
  }
}

// Removes `name` in `top`, whose directories it moves to `top` where they are not empty.
Result<void> Flatten(int top, const std::string& name, unsigned long& moved) {
  if (TRY(RemoveLeaf(top, name))) return {};
  const UniqueFd inner = TRY(OpenForRemoval(top, name));
  const std::vector<std::string> names = TRY(ListDirectory(inner.Get()));
  for (const std::string& each : names) {
    const bool is_gone = TRY(RemoveLeaf(inner.Get(), each));
    if (!is_gone) TRY(MoveUp(inner.Get(), each, top, moved));
  }
  return RemoveDirectory(top, name);
}

// Removes all that is in `top`. Neither the stack nor the number of open files grows with the depth
// of the tree.
Result<void> RemoveDeep(int top) {
  unsigned long moved = 0;
  // Each round removes the directories of this level, and moves those within them up to it.
  for (;;) {
    const std::vector<std::string> names = TRY(ListDirectory(top));
    if (names.empty()) return {};
    for (const std::string& inner : names)
      TRY(Flatten(top, inner, moved));
  }
}

Result<void> Remove(int directory, const std::string& name, unsigned levels) {
  if (TRY(RemoveLeaf(directory, name))) return {};
  const UniqueFd inner = TRY(OpenForRemoval(directory, name));
  if (levels == 0) {
    TRY(RemoveDeep(inner.Get()));
  } else {
    const std::vector<std::string> names = TRY(ListDirectory(inner.Get()));
    for (const std::string& each : names)
      TRY(Remove(inner.Get(), each, levels - 1));
  }
  return RemoveDirectory(directory, name);
}

}  // namespace

Result<void> RemoveTree(int directory, const std::string& name) {
  return Remove(directory, name, kOpenLevels);
}

}  // namespace agentbox::kernel
