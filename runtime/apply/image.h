// A file system of a set size in a file.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

// A detached mount of a new, empty ext4 of `bytes`. It is in a sparse file in `directory` that has
// no name, behind a loop device that the kernel frees: with the last mount of it all is gone,
// whoever was killed. Its size is the host's loss at most; what is for its own use is some 7 % of
// that. Needs loop devices and mke2fs(8), and root of the initial user namespace.
Result<UniqueFd> MountImage(const UniqueFd& directory, std::uint64_t bytes);

// The same in a new file `name` in `directory`, which stays: with a journal, for it is to be read
// after the machine has stopped (kernel::MountImage). 16 MiB at least.
Result<UniqueFd> MakeImage(const UniqueFd& directory, const std::string& name, std::uint64_t bytes);

// The path of mke2fs(8); empty where it is not installed.
std::string FindMke2fs();

}  // namespace agentbox::apply
