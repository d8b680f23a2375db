// The other names (hard links) that denied files have in the workspaces of a search.
#pragma once

#include <sys/types.h>

#include <compare>
#include <map>
#include <set>
#include <string>

#include "base/error.h"
#include "container/denied_files.h"
#include "container/denied_findings.h"
#include "container/seen_inodes.h"
#include "container/tree_walk.h"

namespace agentbox::container {

class OtherNames {
 public:
  // Borrows `search`.
  explicit OtherNames(const DenySearch& search) : search_(search) {}

  // The denied file `name` in `directory`: remembered if it has other names.
  void Note(int directory, const std::string& name, const DeniedFile& file);

  // Where a walk through all of the workspace is to note its files, by paths relative to it: if
  // they are reliable, it is not walked through again.
  SeenInodes& SeenIn(const std::string& workspace) { return seen_[workspace]; }

  // Adds the other names of what was noted to `found`. The first directory, if any, that was not
  // looked through because of the search's limit.
  Result<std::string> Find(Findings& found);

 private:
  struct FileId {
    dev_t device = 0;
    ino_t inode = 0;
    auto operator<=>(const FileId&) const = default;
  };

  // An entry of a directory, and the part of the workspace that it is searched in.
  struct Name {
    int directory = -1;
    std::string name;
    std::string path;
    std::string top;
  };

  Result<void> LookIn(const std::string& top, const std::string& directory, Findings& found) const;
  Result<void> WalkThrough(const std::string& workspace, Findings& found);
  // A workspace that is one file.
  Result<void> LookAt(const std::string& file, Findings& found) const;
  Result<void> Check(const Name& name, Findings& found) const;

  const DenySearch& search_;
  std::map<std::string, SeenInodes> seen_;  // by workspace
  std::map<FileId, DeniedFile> files_;
  std::set<ino_t> inodes_;  // of these
  std::string cut_at_;
};

}  // namespace agentbox::container
