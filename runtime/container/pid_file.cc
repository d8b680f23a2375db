#include "container/pid_file.h"

#include <fcntl.h>

#include "kernel/file.h"

namespace agentbox::container {

Result<void> WritePidFile(const std::string& path, pid_t pid) {
  if (path.empty()) return {};
  const auto slash = path.rfind('/');
  const bool has_directory = slash != std::string::npos;
  const std::string parent = has_directory ? path.substr(0, slash + 1) : ".";
  const std::string name = has_directory ? path.substr(slash + 1) : path;
  const UniqueFd directory =
      TRY_WITHIN(kernel::Open(AT_FDCWD, parent, O_PATH | O_DIRECTORY), "--pid-file");
  TRY_WITHIN(kernel::ReplaceFile(directory.Get(), name, std::to_string(pid), 0644), "--pid-file");
  return {};
}

}  // namespace agentbox::container
