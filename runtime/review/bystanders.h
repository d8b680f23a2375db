// What `apply` changes only in passing: a file of which another name comes, goes or is replaced,
// and a directory in which names come and go. The kernel sets the time of their change (ctime), by
// which a change of somebody else's is told. Noted beside the layer before that, so that the next
// apply, also of one that was killed, knows them again.
#pragma once

#include <sys/stat.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"

namespace agentbox::review {

class Bystanders {
 public:
  // In the file `name` of `directory`, which may be O_PATH and is borrowed.
  Bystanders(int directory, std::string name) : directory_(directory), name_(std::move(name)) {}

  // What was noted before; nothing where there is no such file.
  Result<void> Read();

  // Whether `now`, of the real tree, is what was noted, and nothing but names has changed since:
  // its own, or those in it.
  bool Has(const struct stat& now) const;

  // Is on disk when this returns.
  Result<void> Add(const std::vector<struct stat>& statuses);

 private:
  int directory_;
  std::string name_;
  std::unordered_map<ino_t, struct stat> noted_;
};

}  // namespace agentbox::review
