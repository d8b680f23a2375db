// tar archives, entry by entry, by libarchive: pax with extended attributes; gzip and zstd around
// what is read. Names are bytes, as in the kernel.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace agentbox::kernel {

struct ArchiveEntry {
  std::string path;
  std::string hard_link;  // the path of an earlier entry; empty: it is a file of its own
  std::string target;     // of a symlink
  mode_t mode = 0;        // with the type of the file
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  std::uint64_t size = 0;
  struct timespec mtime = {};
  std::vector<std::pair<std::string, std::string>> xattrs;
};

class ArchiveWriter {
 public:
  // Writes to the file `fd`, which is the caller's.
  static Result<ArchiveWriter> Open(int fd);
  ArchiveWriter(ArchiveWriter&&) noexcept;
  ArchiveWriter& operator=(ArchiveWriter&&) = delete;
  ~ArchiveWriter();

  // Of a regular file `size` bytes are to follow.
  Result<void> Begin(const ArchiveEntry& entry);
  Result<void> Write(std::string_view data);
  Result<void> Finish();

 private:
  struct State;
  explicit ArchiveWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class ArchiveReader {
 public:
  // kInvalidSpec, by Next, for what is no tar.
  static Result<ArchiveReader> Open(int fd);
  ArchiveReader(ArchiveReader&&) noexcept;
  ArchiveReader& operator=(ArchiveReader&&) = delete;
  ~ArchiveReader();

  // Nothing at the end, where all of the file was read, and its checksums were right.
  Result<std::optional<ArchiveEntry>> Next();
  // Contents of the last entry: up to 64 KiB, empty at their end.
  Result<std::string> Read();

 private:
  struct State;
  // The tar's entries end at `end_of_entries`.
  Result<void> CheckEnd(std::int64_t end_of_entries);

  explicit ArchiveReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace agentbox::kernel
