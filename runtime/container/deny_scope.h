// What of the host a search for denied files goes through, and how it gets there.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "container/denied_files.h"

namespace agentbox::container {

// `path` in `directory`, which is absolute.
std::string Below(const std::string& directory, const std::string& path);

// `root` and the mount points of the search below it, each once, without those that are passed
// over.
std::vector<std::string> MountsIn(const DenySearch& search, const std::string& root);

// At or below a directory that nobody sees anyway.
bool IsPassedOver(const DenySearch& search, const std::string& path);

// A directory, to be read; ELOOP and ENOTDIR for a symlink.
Result<UniqueFd> OpenDirectory(const std::string& path);

// The directory, to be read, and what is in it beneath the mount points there, as layers and mounts
// without those below show it. Without privilege over these mounts, where nothing can show that, as
// OpenDirectory.
Result<UniqueFd> OpenTree(const DenySearch& search, const std::string& path);

// `top`, a directory above `path`, if something is mounted between the two; else nothing.
std::string Beneath(const DenySearch& search, const std::string& top, const std::string& path);

// Where the inode of a directory's entry may be that of a layer, and not its file's.
Result<bool> IsOnOverlay(const UniqueFd& file);

}  // namespace agentbox::container
