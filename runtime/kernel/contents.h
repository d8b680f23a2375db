// Parts of files, which may be larger than memory and mostly holes: pread(2), lseek(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"

namespace agentbox::kernel {

// Fills `place` from `offset` on; less only at the end of the file.
Result<std::size_t> ReadAt(int file, std::span<char> place, std::uint64_t offset);

// Where the next bytes are that are no hole, from `offset` on; UINT64_MAX where there are none.
// `offset` itself where the file system does not tell.
Result<std::uint64_t> FindData(int file, std::uint64_t offset);

}  // namespace agentbox::kernel
