// Directories of many entries, read without a look at any of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace agentbox::kernel {

struct DirectoryEntry {
  std::string_view name;    // valid until the next Read; ends in a NUL
  std::uint64_t inode = 0;  // overlayfs may give another here than by Stat
  unsigned char type = 0;   // DT_REG, ...; DT_UNKNOWN where the file system does not tell
};

// Reads one directory after another: its buffer serves all.
class DirectoryReader {
 public:
  DirectoryReader();

  // The next entries of `directory`, from its offset on, without "." and ".."; none at its end.
  Result<std::span<const DirectoryEntry>> Read(int directory);

 private:
  std::unique_ptr<char[]> buffer_;
  std::vector<DirectoryEntry> entries_;
};

}  // namespace agentbox::kernel
