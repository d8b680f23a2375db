// Where a walk over a layer is: the directory, what is above it, and the same place in the lower
// directory and in the real tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "review/changes.h"
#include "review/entry.h"

namespace agentbox::review {

// One directory in up to three places. The sandbox saw `upper` merged with `lower`; `real` is what
// the real tree has at that path. The two last are one, kept as `real`, where `is_same`.
struct Level {
  bool is_same = false;
  bool is_deletable = true;   // names of `real` that the sandbox did not see are deleted ones
  bool is_hidden = false;     // the sandbox was shown nothing of `real`
  bool is_withheld = false;   // nor is anything of the sandbox's to come into it
  std::int64_t moved_in = 0;  // Change's, of what is in it
  std::optional<UniqueFd> upper;
  std::optional<UniqueFd> lower;
  std::optional<UniqueFd> real;
};

// The levels from the root on, each with the names in it that are still to come. Of the deeper ones
// the descriptors are closed, and opened again by their paths.
class Levels {
 public:
  explicit Levels(const Layer& layer) : layer_(layer) {}

  // Goes down into `level`, whose path is Path(), with that in the lower directory.
  Result<void> Enter(Level level, const std::string& lower_path);

  // The next name of the deepest level that has one left; Path() then ends in it. Nothing at the
  // end.
  Result<std::optional<std::string>> Next();

  // The level that the last name is of.
  const Level& Top() const { return levels_.back().level; }

  // Of the last name.
  const std::string& Path() const { return path_; }
  // In the lower directory, if Top() has one.
  std::string LowerPath() const;
  // Of `name` beside the last name, there.
  std::string LowerPathBeside(const std::string& name) const;

 private:
  struct Open {
    Level level;
    std::size_t path_size = 0;       // of path_
    std::size_t redirects = 0;       // of redirects_
    std::vector<std::string> names;  // last one first
  };
  // A level that is elsewhere in the lower directory, and so is all below it.
  struct Redirect {
    std::size_t path_size = 0;
    std::string lower_path;
  };

  std::string LowerPathOf(const std::string& path, std::size_t redirects) const;
  Result<void> Reopen(Open& open);
  static void Close(Open& open);

  const Layer& layer_;
  std::vector<Open> levels_;
  std::vector<Redirect> redirects_;
  std::string path_;
};

}  // namespace agentbox::review
