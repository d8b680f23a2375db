#include "kernel/directory.h"

#include <dirent.h>

namespace agentbox::kernel {
namespace {

// A call a directory, for most; a thousand names at a time for the rest.
constexpr std::size_t kBufferSize = std::size_t{32} << 10U;

}  // namespace

// operator new[] aligns it for every struct.
DirectoryReader::DirectoryReader() : buffer_(new char[kBufferSize]) {}

Result<std::span<const DirectoryEntry>> DirectoryReader::Read(int directory) {
  entries_.clear();
  while (entries_.empty()) {
    const auto size = ::getdents64(directory, buffer_.get(), kBufferSize);
    if (size < 0) return Fail(Error::FromErrno().Within("getdents64(2)"));
    if (size == 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      const auto* const entry = reinterpret_cast<const struct dirent64*>(&buffer_[at]);
      at += entry->d_reclen;
      const std::string_view name = static_cast<const char*>(entry->d_name);
      if (name == "." || name == "..") continue;
      entries_.push_back({.name = name, .inode = entry->d_ino, .type = entry->d_type});
    }
  }
  return std::span<const DirectoryEntry>(entries_);
}

}  // namespace agentbox::kernel
