// A walk through a directory tree that others may be changing meanwhile: by descriptors, never
// through a symlink, never onto another mount, and with an end to it.
#pragma once

#include <dirent.h>
#include <fcntl.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "kernel/directory.h"
#include "kernel/path.h"

namespace agentbox::container {

// An entry of the directory that the walk is in.
struct WalkedEntry {
  int directory = -1;
  const std::string& path;  // from the root of the walk on
  std::string_view name;
  std::uint64_t inode = 0;  // as kernel::DirectoryEntry's
  unsigned char type = DT_UNKNOWN;
  bool is_unreadable = false;
};

class TreeWalk {
 public:
  // A tree of this many levels keeps as many descriptors open.
  static constexpr unsigned kMostLevels = 200;

  explicit TreeWalk(std::size_t most_entries, unsigned most_levels = kMostLevels)
      : left_(most_entries), most_levels_(most_levels) {}

  // Calls `visit`, a Result<bool>(const WalkedEntry&), for every entry below `root`, open for
  // reading, those of a directory before those of the directories in it; into these it goes where
  // `visit` says true. Passes over directories that are gone. One that the caller may not read is
  // visited again, as unreadable: that says nothing of who may read it in a sandbox. `prefix` comes
  // before all paths. The number of entries is that of all walks by this object.
  template <typename Visit>
  Result<void> Walk(const UniqueFd& root, std::string prefix, Visit visit) {
    path_ = std::move(prefix);
    return Below(root, 0, visit);
  }

  // The first directory that was not, or not wholly, looked through, because of a limit; empty:
  // none.
  const std::string& CutAt() const { return cut_at_; }

 private:
  template <typename Visit>
  Result<void> Below(const UniqueFd& directory, unsigned level, Visit& visit) {
    const std::vector<std::string> inner = TRY(Entries(directory, visit));
    const std::size_t length = path_.size();
    for (const std::string& name : inner) {
      Append(name);
      const auto opened = Enter(directory, name, level);
      if (opened && *opened) {
        TRY(Below(*opened, level + 1, visit));
      } else if (!opened) {
        if (!IsUnreadable(opened.error())) return Fail(opened.error());
        TRY(visit(WalkedEntry{.directory = directory.Get(),
                              .path = path_,
                              .name = name,
                              .type = DT_DIR,
                              .is_unreadable = true}));
      }
      path_.resize(length);
    }
    return {};
  }

  // Visits the entries: the names of those to go into.
  template <typename Visit>
  Result<std::vector<std::string>> Entries(const UniqueFd& directory, Visit& visit) {
    std::vector<std::string> inner;
    const std::size_t length = path_.size();
    for (;;) {
      const auto entries = TRY(reader_.Read(directory.Get()));
      if (entries.empty()) return inner;
      for (const kernel::DirectoryEntry& entry : entries) {
        if (left_ == 0) {
          Cut();
          return std::vector<std::string>();
        }
        --left_;
        const unsigned char type = TypeOf(directory, entry);
        Append(entry.name);
        const bool enters = TRY(visit(WalkedEntry{.directory = directory.Get(),
                                                  .path = path_,
                                                  .name = entry.name,
                                                  .inode = entry.inode,
                                                  .type = type}));
        path_.resize(length);
        if (enters && type == DT_DIR) inner.emplace_back(entry.name);
      }
    }
  }

  static unsigned char TypeOf(const UniqueFd& directory, const kernel::DirectoryEntry& entry);
  // May not be read by the caller.
  static bool IsUnreadable(const Error& error);
  // Empty for one that is passed over.
  Result<UniqueFd> Enter(const UniqueFd& directory, const std::string& name, unsigned level);
  void Append(std::string_view name);
  void Cut();

  kernel::DirectoryReader reader_;
  std::string path_;
  std::size_t left_;
  unsigned most_levels_;
  std::string cut_at_;
};

}  // namespace agentbox::container
