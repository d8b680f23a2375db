// What trees are packed and unpacked with: links, and files with holes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace agentbox::kernel {

// linkat(2), not through a symlink.
Result<void> MakeHardLink(int from_directory,
                          const std::string& from,
                          int to_directory,
                          const std::string& to);

// Up to `size` bytes of `fd`, from where it is; empty at its end.
Result<std::string> ReadChunk(int fd, std::size_t size);

// Writes `data` where `file` is, leaving out blocks of zeros, so that the file has holes there: its
// length is set at the end.
Result<void> WriteWithHoles(int file, std::string_view data);
Result<void> SetLength(int file, std::uint64_t length);

}  // namespace agentbox::kernel
