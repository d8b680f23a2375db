#include "apply/destination.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "kernel/file.h"
#include "kernel/inode.h"
#include "kernel/path.h"
#include "kernel/user.h"

namespace agentbox::apply {
namespace {

constexpr mode_t kDirectoryMode = 0755;
constexpr mode_t kFileMode = 0644;
constexpr unsigned kMaxSymlinks = 40;  // as the kernel's MAXSYMLINKS

// Walks a path part by part, the kernel resolving each in the root, and makes what is not there in
// the directory just reached, by its name alone (CVE-2024-45310).
class Walk {
 public:
  Walk(const UniqueFd& rootfs, const SandboxIds& ids) : rootfs_(rootfs), ids_(ids) {}

  Result<UniqueFd> To(const std::string& path, DestinationKind kind) {
    Push(path);
    reached_ = TRY(kernel::OpenInRoot(rootfs_, "/", O_PATH | O_DIRECTORY));
    while (!parts_.empty()) {
      const std::string part = std::move(parts_.back());
      parts_.pop_back();
      const bool is_last = parts_.empty();
      TRY(Step(part, is_last ? kind : DestinationKind::kDirectory));
    }
    return std::move(reached_);
  }

 private:
  void Push(std::string_view path) {
    auto parts = Split(path, '/');
    std::ranges::reverse(parts);
    for (const std::string_view part : parts) {
      if (!part.empty() && part != ".") parts_.emplace_back(part);
    }
  }

  Result<void> Step(const std::string& part, DestinationKind kind) {
    const std::string next = prefix_ + "/" + part;
    auto opened = kernel::OpenInRoot(rootfs_, next, O_PATH);
    if (opened) {
      prefix_ = next;
      reached_ = *std::move(opened);
      return {};
    }
    if (opened.error().Errno() != ENOENT) return Fail(std::move(opened).error());
    const auto target = kernel::ReadLink(reached_.Get(), part);
    if (target) return Follow(*target);
    TRY(Make(part, kind));
    prefix_ = next;
    reached_ = TRY(kernel::OpenBeneath(reached_.Get(), part, O_PATH | O_NOFOLLOW));
    return {};
  }

  // A symlink whose target is not there: it is made there.
  Result<void> Follow(const std::string& target) {
    if (++symlinks_ > kMaxSymlinks) {
      return Fail(Error::FromErrno(ELOOP).Within("symlinks in the rootfs at " + prefix_));
    }
    Push(target);
    if (!target.starts_with('/')) return {};
    prefix_.clear();
    reached_ = TRY(kernel::OpenInRoot(rootfs_, "/", O_PATH | O_DIRECTORY));
    return {};
  }

  Result<void> Make(const std::string& name, DestinationKind kind) const {
    const int directory = reached_.Get();
    if (kind == DestinationKind::kDirectory) {
      TRY(kernel::MakeDirectory(directory, name, kDirectoryMode));
      return kernel::SetOwnership(directory, name, ids_.RootUid(), ids_.RootGid(), kDirectoryMode);
    }
    TRY(kernel::Open(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kFileMode));
    return kernel::SetOwnership(directory, name, ids_.RootUid(), ids_.RootGid(), kFileMode);
  }

  const UniqueFd& rootfs_;
  const SandboxIds& ids_;
  std::vector<std::string> parts_;  // still to walk, the next one last
  std::string prefix_;              // what was walked: "/a/b", every part there
  UniqueFd reached_;                // where that is
  unsigned symlinks_ = 0;
};

}  // namespace

Result<UniqueFd> Destination(const UniqueFd& rootfs,
                             const std::string& path,
                             DestinationKind kind,
                             const SandboxIds& ids) {
  // Most destinations are there.
  auto opened = kernel::OpenInRoot(rootfs, path, O_PATH);
  if (opened || opened.error().Errno() != ENOENT) return opened;
  // As the container's root: on an idmapped mount the host's has no id that it could give to a
  // file.
  const kernel::FileIds as_root = TRY(kernel::FileIds::Become(ids.RootUid(), ids.RootGid()));
  return TRY_WITHIN(Walk(rootfs, ids).To(path, kind), "making the destination " + path);
}

Result<Entry> DestinationEntry(const UniqueFd& rootfs,
                               const std::string& path,
                               const SandboxIds& ids) {
  const auto slash = path.rfind('/');
  const std::string above = slash == 0 ? "/" : path.substr(0, slash);
  Entry entry = {.name = path.substr(slash + 1)};
  entry.directory = TRY(Destination(rootfs, above, DestinationKind::kDirectory, ids));
  return entry;
}

Result<UniqueFd> DestinationNofollow(const UniqueFd& rootfs,
                                     const std::string& path,
                                     DestinationKind kind,
                                     const SandboxIds& ids) {
  const Entry entry = TRY(DestinationEntry(rootfs, path, ids));
  auto opened = kernel::Open(entry.directory.Get(), entry.name, O_PATH | O_NOFOLLOW);
  if (opened || opened.error().Errno() != ENOENT) return opened;
  return Destination(rootfs, path, kind, ids);
}

}  // namespace agentbox::apply
