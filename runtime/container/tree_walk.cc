#include "container/tree_walk.h"

#include <sys/stat.h>

#include <cerrno>

#include "kernel/entry.h"

namespace agentbox::container {
namespace {

// Gone, or made something else; or of another mount.
bool IsPassedOver(const Error& error) {
  const int number = error.Errno();
  return number == ENOENT || number == ENOTDIR || number == ELOOP || number == EXDEV;
}

}  // namespace

bool TreeWalk::IsUnreadable(const Error& error) {
  return error.Errno() == EACCES || error.Errno() == EPERM;
}

unsigned char TreeWalk::TypeOf(const UniqueFd& directory, const kernel::DirectoryEntry& entry) {
  if (entry.type != DT_UNKNOWN) return entry.type;
  const auto status = kernel::StatEntry(directory.Get(), std::string(entry.name));
  if (!status || !*status) return entry.type;
  return static_cast<unsigned char>(IFTODT((*status)->st_mode));
}

Result<UniqueFd> TreeWalk::Enter(const UniqueFd& directory,
                                 const std::string& name,
                                 unsigned level) {
  if (left_ == 0 || level == most_levels_) {
    Cut();
    return UniqueFd();
  }
  auto opened = kernel::OpenOnMount(directory.Get(), name, O_RDONLY | O_DIRECTORY);
  if (!opened && IsPassedOver(opened.error())) return UniqueFd();
  return opened;
}

void TreeWalk::Append(std::string_view name) {
  if (!path_.empty()) path_ += '/';
  path_ += name;
}

void TreeWalk::Cut() {
  if (cut_at_.empty()) cut_at_ = path_.empty() ? "." : path_;
}

}  // namespace agentbox::container
