#include "container/seen_inodes.h"

#include <string_view>

namespace agentbox::container {
namespace {

std::string_view DirectoryOf(const WalkedEntry& entry) {
  const std::size_t length = entry.path.size() - entry.name.size();
  return std::string_view(entry.path).substr(0, length == 0 ? 0 : length - 1);
}

}  // namespace

void SeenInodes::Note(const WalkedEntry& entry) {
  const std::string_view directory = DirectoryOf(entry);
  if (directories_.empty() || directories_.back() != directory) {
    directories_.emplace_back(directory);
  }
  entries_.emplace_back(entry.inode, directories_.size() - 1);
}

std::set<std::string> SeenInodes::DirectoriesWith(const std::set<ino_t>& inodes) const {
  std::set<std::string> found;
  for (const auto& [inode, directory] : entries_) {
    if (inodes.contains(inode)) found.insert(directories_[directory]);
  }
  return found;
}

}  // namespace agentbox::container
