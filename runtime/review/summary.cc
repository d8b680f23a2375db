#include "review/summary.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "kernel/file.h"
#include "kernel/path.h"
#include "review/changes.h"
#include "review/opened_layer.h"

namespace agentbox::review {
namespace {

constexpr std::uint64_t kBlock = 512;  // of st_blocks (stat(2))

class Counter : public Visitor {
 public:
  Result<void> Visit(const Change& /*change*/) override {
    Add();
    return {};
  }
  void Add() { ++count_; }
  std::size_t Count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

// Removed or replaced since its name was read, or deeper than a path can say.
bool IsGone(const Error& error) {
  return error.Errno() == ENOENT || error.Errno() == ENOTDIR || error.Errno() == ELOOP ||
         error.Errno() == ENAMETOOLONG;
}

Result<std::uint64_t> SizeBelow(const UniqueFd& layer) {
  std::uint64_t size = 0;
  std::vector<std::string> pending = {"upper"};
  while (!pending.empty()) {
    const std::string at = std::move(pending.back());
    pending.pop_back();
    const auto directory = kernel::OpenBeneath(layer.Get(), at, O_RDONLY | O_DIRECTORY);
    if (!directory && IsGone(directory.error())) continue;
    if (!directory) return Fail(directory.error());
    for (const std::string& name : TRY(kernel::ListDirectory(directory->Get()))) {
      const auto entry = kernel::Open(directory->Get(), name, O_PATH | O_NOFOLLOW);
      if (!entry && IsGone(entry.error())) continue;
      if (!entry) return Fail(entry.error());
      const struct stat status = TRY(kernel::Stat(entry->Get()));
      if (S_ISDIR(status.st_mode)) pending.push_back(at + "/" + name);
      // A file of several names is one.
      const nlink_t names = S_ISDIR(status.st_mode) ? 1 : std::max<nlink_t>(status.st_nlink, 1);
      size += static_cast<std::uint64_t>(status.st_blocks) * kBlock / names;
    }
  }
  return size;
}

}  // namespace

std::size_t CountChanges(const Review& review) {
  Counter counter;
  for (const ReviewedMount& mount : review.Contents().mounts) {
    const auto opened = OpenLayer(review, mount);
    if (opened && !*opened) continue;
    const bool is_whole = opened && WalkChanges((*opened)->layer, counter).has_value();
    if (!is_whole) counter.Add();
  }
  return counter.Count();
}

std::vector<ReviewedMount> ChangedMounts(const Review& review) {
  std::vector<ReviewedMount> mounts = review.Contents().mounts;
  if (review.IsInterrupted().value_or(true)) return mounts;
  std::erase_if(mounts, [&review](const ReviewedMount& mount) {
    const auto opened = OpenLayer(review, mount);
    if (opened && !*opened) return true;
    return opened && !HasChanges((*opened)->layer).value_or(true);
  });
  return mounts;
}

Result<std::uint64_t> SizeOf(const std::string& base, const Record& record) {
  const std::string path = PathOf(base, record.name);
  std::uint64_t size = 0;
  const auto directory = kernel::Open(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (!directory)
    return IsGone(directory.error()) ? Result<std::uint64_t>(0) : Fail(directory.error());
  if (record.is_in_image) {
    const auto image = kernel::OpenBeneath(directory->Get(), kImageFile, O_PATH | O_NOFOLLOW);
    if (!image && IsGone(image.error())) return 0;
    if (!image) return Fail(image.error());
    return static_cast<std::uint64_t>(TRY(kernel::Stat(image->Get())).st_blocks) * kBlock;
  }
  for (const ReviewedMount& mount : record.mounts) {
    const auto layer = kernel::OpenBeneath(directory->Get(), mount.directory, O_PATH | O_DIRECTORY);
    if (!layer && IsGone(layer.error())) continue;
    if (!layer) return Fail(layer.error());
    size += TRY_WITHIN(SizeBelow(*layer), path + "/" + mount.directory);
  }
  return size;
}

}  // namespace agentbox::review
