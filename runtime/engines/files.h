// Files of a system whose root directory may be another than this process's: no symlink leads out
// of it. They are written whole or not at all, and keep their owner, mode and attributes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::engines {

class Files {
 public:
  // Those below `root`, the "/" of all paths.
  static Result<Files> Open(const std::string& root);

  // Nothing if it is not there. kRefused for what is no regular file.
  Result<std::optional<std::string>> Read(const std::string& path) const;

  bool Exists(const std::string& path) const;

  // Makes the file, and the directories above it, or gives it another content; through a symlink.
  Result<void> Write(const std::string& path, std::string_view text) const;

  // A copy of `path` beside it, with its owner and mode.
  Result<void> Copy(const std::string& path, const std::string& to) const;

  // No error if it is not there. A symlink goes, not what it leads to.
  Result<void> Remove(const std::string& path) const;

  // The paths that match the pattern (glob(7)), sorted.
  std::vector<std::string> Match(const std::string& pattern) const;

  // Who else than root can change what is at `path`, or put another file there: "/home/a, of uid
  // 1000". Empty if nobody can.
  Result<std::string> WhoElseCanChange(const std::string& path) const;

  // Keeps other changes of the users' and groups' tables out, those of useradd(8) and the like too,
  // while the descriptor is open.
  Result<UniqueFd> LockTables() const;

 private:
  Files(std::string root, UniqueFd directory)
      : root_(std::move(root)), directory_(std::move(directory)) {}

  // `path` with the symlinks that its last part is followed.
  Result<std::string> Follow(std::string path) const;

  // The directory, made with those above it where it is missing.
  Result<UniqueFd> MakeDirectory(const std::string& path) const;

  std::string root_;  // without a slash at its end: empty for "/"
  UniqueFd directory_;
};

}  // namespace agentbox::engines
