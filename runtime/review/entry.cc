#include "review/entry.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "kernel/contents.h"
#include "kernel/file.h"
#include "kernel/path.h"

namespace agentbox::review {
namespace {

constexpr std::uint64_t kPiece = 1U << 17U;

bool IsAbsent(const Error& error) {
  return error.Errno() == ENOENT || error.Errno() == ENOTDIR || error.Errno() == ELOOP;
}

// Both from `offset` on, at most a piece.
Result<bool> HaveSamePiece(int one, int other, std::uint64_t offset, std::uint64_t size) {
  std::vector<char> left(size);
  std::vector<char> right(size);
  const std::size_t read = TRY(kernel::ReadAt(one, left, offset));
  const std::size_t read_of_other = TRY(kernel::ReadAt(other, right, offset));
  return read == read_of_other && std::memcmp(left.data(), right.data(), read) == 0;
}

}  // namespace

Result<std::optional<Entry>> Look(int directory, const std::string& name) {
  auto file = kernel::OpenOnMount(directory, name, O_PATH | O_NOFOLLOW);
  if (!file && IsAbsent(file.error())) return std::optional<Entry>();
  if (!file) return Fail(std::move(file).error());
  const struct stat status = TRY(kernel::Stat(file->Get()));
  return std::optional(Entry{*std::move(file), status});
}

Result<std::optional<Entry>> LookBelow(int root, const std::string& path) {
  // Of a path that the kernel takes, and ends between two parts.
  constexpr std::size_t kMost = 2048;
  UniqueFd directory;
  std::size_t at = 0;
  while (path.size() - at > kMost) {
    std::size_t cut = path.rfind('/', at + kMost);
    // A part that is longer than any file system's.
    if (cut == std::string::npos || cut <= at) cut = path.find('/', at);
    if (cut == std::string::npos) break;
    const int from = directory ? directory.Get() : root;
    auto inner = kernel::OpenOnMount(from, path.substr(at, cut - at), O_PATH | O_DIRECTORY);
    if (!inner && IsAbsent(inner.error())) return std::optional<Entry>();
    if (!inner) return Fail(std::move(inner).error());
    directory = *std::move(inner);
    at = cut + 1;
  }
  const std::string rest = path.substr(at);
  return Look(directory ? directory.Get() : root, rest.empty() ? "." : rest);
}

Result<UniqueFd> OpenContents(int file) {
  return kernel::Reopen(file, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

Result<bool> HaveSameContents(const Entry& one, const Entry& other) {
  if (one.status.st_size != other.status.st_size) return false;
  const bool is_one_file =
      one.status.st_dev == other.status.st_dev && one.status.st_ino == other.status.st_ino;
  if (is_one_file || one.status.st_size == 0) return true;
  const UniqueFd left = TRY(OpenContents(one.file.Get()));
  const UniqueFd right = TRY(OpenContents(other.file.Get()));
  const auto size = static_cast<std::uint64_t>(one.status.st_size);
  if (size <= kPiece) return HaveSamePiece(left.Get(), right.Get(), 0, size);
  for (std::uint64_t at = 0; at < size; at += kPiece) {
    const std::uint64_t data = TRY(kernel::FindData(left.Get(), at));
    const std::uint64_t data_of_other = TRY(kernel::FindData(right.Get(), at));
    at = std::min(data, data_of_other);
    if (at >= size) return true;
    const bool is_same =
        TRY(HaveSamePiece(left.Get(), right.Get(), at, std::min(kPiece, size - at)));
    if (!is_same) return false;
  }
  return true;
}

bool AreAlike(const struct stat& one, const struct stat& other) {
  return one.st_size == other.st_size && one.st_mode == other.st_mode &&
         one.st_uid == other.st_uid && one.st_gid == other.st_gid &&
         one.st_mtim.tv_sec == other.st_mtim.tv_sec && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

}  // namespace agentbox::review
