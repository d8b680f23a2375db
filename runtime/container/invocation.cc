#include "container/invocation.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "kernel/file.h"
#include "kernel/namespaces.h"

namespace agentbox::container {

Result<unsigned> PrepareProcess() {
  TRY(kernel::EnsureStandardStreams());
  unsigned passed = 0;
  while (kernel::IsOpen(static_cast<int>(STDERR_FILENO + 1 + passed)))
    ++passed;
  return passed;
}

Result<UniqueFd> OpenLog(const std::string& path) {
  return TRY_WITHIN(kernel::Open(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT, 0644), "--log");
}

Result<std::string> DefaultRoot() {
  const char* const user_directory = ::secure_getenv("XDG_RUNTIME_DIR");
  const bool has_user_directory = user_directory != nullptr && *user_directory != '\0';
  if (::geteuid() == 0) {
    // Root of a user namespace that an engine made (rootless Podman) is one of its users.
    const bool is_a_user = has_user_directory && !TRY(kernel::IsInInitialUserNamespace());
    if (!is_a_user) return std::string("/run/agentbox");
  }
  if (has_user_directory) return std::string(user_directory) + "/agentbox";
  return Fail(
      Error(ErrorKind::kUsage,
            "without root and without XDG_RUNTIME_DIR in the environment, --root is needed"));
}

Result<std::string> AbsolutePath(const std::string& path) {
  if (path.starts_with('/')) return path;
  return TRY(kernel::WorkingDirectory()) + "/" + path;
}

Result<std::string> ReadInput(const std::string& path) {
  if (path == "-") return TRY_WITHIN(kernel::ReadAll(STDIN_FILENO), "standard input");
  return kernel::ReadFile(AT_FDCWD, path);
}

Result<void> WriteNewFile(const std::string& path, const std::string& text) {
  const auto file = kernel::Open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!file && file.error().Errno() == EEXIST) {
    return Fail(Error(ErrorKind::kAlreadyExists, path + " exists; remove it first"));
  }
  if (!file) return Fail(file.error());
  TRY_WITHIN(kernel::WriteAll(file->Get(), text), path);
  return {};
}

}  // namespace agentbox::container
