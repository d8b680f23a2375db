// What a search for denied files has found so far.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "container/denied_files.h"
#include "kernel/mount_table.h"

namespace agentbox::container {

class Findings {
 public:
  // False for a path that was noted before: its first rule is kept. kRefused where more is denied
  // than a sandbox could be made with.
  Result<bool> Note(const std::string& path,
                    const std::string& rule,
                    const std::string& beneath = {});

  const DeniedFile& Last() const { return files_.back(); }

  // The path, or something that it is in.
  bool IsNoted(const std::string& path) const;

  // Adds the other paths that `mounts` give to what was found.
  void AddAliases(const std::vector<kernel::MountEntry>& mounts);

  // By path, without what is below another.
  std::vector<DeniedFile> Outermost() const;

 private:
  std::vector<DeniedFile> files_;
  std::set<std::string> paths_;
};

}  // namespace agentbox::container
