// In which directories a walk has seen which inodes: finds the other names of a file without a
// second walk through everything. Pure.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "container/tree_walk.h"

namespace agentbox::container {

class SeenInodes {
 public:
  // The entries of one directory one after another, as a walk visits them.
  void Note(const WalkedEntry& entry);

  // The inodes that were noted need not be those of the files, or there are more.
  void SetUnreliable() { is_reliable_ = false; }
  bool IsReliable() const { return is_reliable_; }

  // The directories that have one of `inodes`, by their paths in the walk; empty: its root.
  std::set<std::string> DirectoriesWith(const std::set<ino_t>& inodes) const;

 private:
  bool is_reliable_ = true;
  std::vector<std::string> directories_;
  std::vector<std::pair<ino_t, std::size_t>> entries_;  // and the index of their directories
};

}  // namespace agentbox::container
