// The environment and the program of the container's process, found in the container. Zone: init,
// with the container's root file system as "/" (or, for Environment, as `root`).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

// `env` with the last of several values of a name, and HOME where it has none or an empty one: that
// of `uid` in the image's /etc/passwd, else "/". The file is read by us (an image's NSS is foreign
// code), and not beyond a megabyte.
std::vector<std::string> Environment(const UniqueFd& root,
                                     const std::vector<std::string>& env,
                                     std::uint32_t uid);

// The home directory of `uid` in `passwd`, the text of a passwd(5); empty if there is none.
std::string HomeOf(std::string_view passwd, std::uint32_t uid);

// The path that execve(2) is to be given for `name` (args[0]), in the working directory and PATH of
// the process. The errors are worded as runc's, which engines make exit codes of: ENOENT,
// "executable file not found in $PATH" or "no such file or directory" is 127; EACCES and EISDIR are
// 126.
Result<std::string> FindExecutable(const std::string& name, const std::vector<std::string>& env);

}  // namespace agentbox::apply
