#include "container/caller.h"

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "base/strings.h"
#include "container/do.h"
#include "kernel/path.h"

namespace agentbox::container {
namespace {

// What execve(2) would find wrong with `path`: 0 if nothing.
int FaultOf(const std::string& path) {
  const auto checked = kernel::CheckExecutable(path);
  if (checked) return 0;
  const int number = checked.error().Errno();
  return number == ENOENT || number == ENOTDIR ? kCommandNotFound : kCommandNotExecutable;
}

}  // namespace

int FaultOfCommand(const std::string& command, const std::string& cwd) {
  if (command.find('/') != std::string::npos) {
    return FaultOf(command.starts_with('/') ? command : cwd + "/" + command);
  }
  const char* const path = ::getenv("PATH");
  int fault = kCommandNotFound;
  for (const std::string_view part : Split(path != nullptr ? path : "/bin:/usr/bin", ':')) {
    const std::string directory = part.empty() ? cwd : std::string(part);
    const int here = FaultOf(directory + "/" + command);
    if (here == 0) return 0;
    if (here == kCommandNotExecutable) fault = here;
  }
  return fault;
}

}  // namespace agentbox::container
