#include "apply/copy_up.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/path.h"

namespace agentbox::apply {
namespace {

class Copier {
 public:
  Copier(const UniqueFd& from, const UniqueFd& to) : from_(from), to_(to) {}

  Result<void> CopyAll() {
    TRY(CopyDirectory("."));
    while (!pending_.empty()) {
      const std::string path = std::move(pending_.back());
      pending_.pop_back();
      TRY_WITHIN(CopyDirectory(path), path);
    }
    return {};
  }

 private:
  Result<void> CopyDirectory(const std::string& path) {
    auto from = kernel::OpenOnMount(from_.Get(), path, O_RDONLY | O_DIRECTORY);
    if (!from && from.error().Errno() == EXDEV) return {};
    if (!from) return Fail(std::move(from).error());
    const UniqueFd to = TRY(kernel::OpenBeneath(to_.Get(), path, O_RDONLY | O_DIRECTORY));
    for (const std::string& name : TRY(kernel::ListDirectory(from->Get()))) {
      const bool is_directory = TRY_WITHIN(CopyEntry(*from, to, name), name);
      if (is_directory) pending_.push_back(path + "/" + name);
    }
    return {};
  }

  // Of a directory only itself.
  static Result<bool> CopyEntry(const UniqueFd& from, const UniqueFd& to, const std::string& name) {
    const UniqueFd entry = TRY(kernel::Open(from.Get(), name, O_PATH | O_NOFOLLOW));
    const struct stat status = TRY(kernel::Stat(entry.Get()));
    if (S_ISDIR(status.st_mode)) {
      TRY(kernel::MakeDirectory(to.Get(), name, S_IRWXU));
    } else if (S_ISLNK(status.st_mode)) {
      const std::string target = TRY(kernel::ReadLink(entry.Get(), ""));
      TRY(kernel::MakeSymlink(target, to.Get(), name));
    } else if (S_ISREG(status.st_mode)) {
      TRY(CopyFile(from, to, name));
    } else if (S_ISFIFO(status.st_mode)) {
      TRY(kernel::MakeNode(to.Get(), name, S_IFIFO | S_IRWXU, 0));
    } else {
      return false;
    }
    const mode_t mode = status.st_mode & 07777U;
    TRY(kernel::SetOwnership(to.Get(), name, status.st_uid, status.st_gid, mode));
    return S_ISDIR(status.st_mode);
  }

  static Result<void> CopyFile(const UniqueFd& from, const UniqueFd& to, const std::string& name) {
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const UniqueFd source = TRY(kernel::OpenBeneath(from.Get(), name, O_RDONLY | O_NONBLOCK));
    const UniqueFd copy = TRY(kernel::Open(to.Get(), name, kNew, S_IRWXU));
    return kernel::CopyContents(source.Get(), copy.Get());
  }

  const UniqueFd& from_;
  const UniqueFd& to_;
  // By path, for an image may have more directories than there are descriptors; and a list instead
  // of a recursion, for it chooses the depth.
  std::vector<std::string> pending_;
};

}  // namespace

Result<void> CopyUp(const UniqueFd& from, const UniqueFd& to) {
  return Copier(from, to).CopyAll();
}

}  // namespace agentbox::apply
