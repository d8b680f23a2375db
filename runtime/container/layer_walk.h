// Every entry of a layer, by fds: nothing of it is followed or trusted.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "kernel/file.h"
#include "kernel/path.h"

namespace agentbox::container {

// One entry: the open directory that it is in, its name there, its path from the layer's root.
struct LayerEntry {
  int directory = -1;
  const std::string& name;
  const std::string& path;
  const struct stat& status;
};

// Calls `visit`, a Result<void>(const LayerEntry&), for each entry below `root`, a directory before
// what is in it, those of one directory by name. ENAMETOOLONG where a path is longer than the
// kernel takes: directories are opened by their paths, so that no depth exhausts descriptors.
template <typename Visit>
Result<void> WalkLayer(const UniqueFd& root, const Visit& visit) {
  std::vector<std::string> directories = {""};
  while (!directories.empty()) {
    const std::string here = std::move(directories.back());
    directories.pop_back();
    const UniqueFd directory =
        TRY(kernel::OpenBeneath(root.Get(), here.empty() ? "." : here, O_RDONLY | O_DIRECTORY));
    std::vector<std::string> names = TRY(kernel::ListDirectory(directory.Get()));
    std::ranges::sort(names);
    std::vector<std::string> inner;
    for (const std::string& name : names) {
      const UniqueFd entry = TRY(kernel::OpenBeneath(directory.Get(), name, O_PATH | O_NOFOLLOW));
      const struct stat status = TRY(kernel::Stat(entry.Get()));
      const std::string path = here.empty() ? name : here + "/" + name;
      const LayerEntry found = {
          .directory = directory.Get(), .name = name, .path = path, .status = status};
      TRY_WITHIN(visit(found), path);
      if (S_ISDIR(status.st_mode)) inner.push_back(path);
    }
    // The last is the next: so in the order of their names.
    for (auto path = inner.rbegin(); path != inner.rend(); ++path)
      directories.push_back(std::move(*path));
  }
  return {};
}

}  // namespace agentbox::container
