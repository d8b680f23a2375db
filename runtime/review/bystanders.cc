#include "review/bystanders.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "kernel/file.h"
#include "review/entry.h"

namespace agentbox::review {

// One status after the other, as they are in memory: no other machine reads them.
Result<void> Bystanders::Read() {
  const auto text = kernel::ReadFile(directory_, name_);
  if (!text && text.error().Errno() == ENOENT) return {};
  if (!text) return Fail(text.error());
  struct stat status = {};
  for (std::size_t at = 0; at + sizeof status <= text->size(); at += sizeof status) {
    std::memcpy(&status, text->data() + at, sizeof status);
    noted_[status.st_ino] = status;
  }
  return {};
}

bool Bystanders::Has(const struct stat& now) const {
  const auto found = noted_.find(now.st_ino);
  if (found == noted_.end()) return false;
  const struct stat& before = found->second;
  if (S_ISDIR(now.st_mode)) {
    return now.st_mode == before.st_mode && now.st_uid == before.st_uid &&
           now.st_gid == before.st_gid;
  }
  return AreAlike(before, now);
}

Result<void> Bystanders::Add(const std::vector<struct stat>& statuses) {
  if (statuses.empty()) return {};
  for (const struct stat& status : statuses)
    noted_[status.st_ino] = status;
  std::string text;
  for (const auto& [inode, status] : noted_)
    text.append(reinterpret_cast<const char*>(&status), sizeof status);
  const UniqueFd readable = TRY(kernel::Open(directory_, ".", O_RDONLY | O_DIRECTORY));
  return kernel::ReplaceFile(readable.Get(), name_, text, S_IRUSR | S_IWUSR);
}

}  // namespace agentbox::review
