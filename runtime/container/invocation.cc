#include "container/invocation.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "kernel/file.h"
#include "kernel/namespaces.h"
#include "kernel/path.h"
#include "launch/reentry.h"

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

namespace {

// Where there was no login session (su(1), cron(8)): the directory that one would have made, or one
// in /tmp. There anybody may have made it first: it has to be the user's own.
Result<std::string> RootOfUser(std::uint32_t uid) {
  const std::string number = std::to_string(uid);
  const auto session = kernel::Open(AT_FDCWD, "/run/user/" + number, O_PATH | O_DIRECTORY);
  if (session) return "/run/user/" + number + "/agentbox";

  const std::string root = "/tmp/agentbox-" + number;
  const auto made = kernel::MakeDirectory(AT_FDCWD, root, 0700);
  if (!made && made.error().Errno() != EEXIST) return Fail(made.error());
  const UniqueFd directory = TRY(kernel::Open(AT_FDCWD, root, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  const struct stat status = TRY(kernel::Stat(directory.Get()));
  if (status.st_uid == uid && (status.st_mode & 077U) == 0) return root;
  return Fail(Error(ErrorKind::kRefused,
                    root + " is another user's, or open to others: set XDG_RUNTIME_DIR, or give "
                           "--root"));
}

}  // namespace

Result<std::string> DefaultRoot() {
  const char* const user_directory = ::secure_getenv("XDG_RUNTIME_DIR");
  const bool has_user_directory = user_directory != nullptr && *user_directory != '\0';
  if (::geteuid() == 0) {
    // Root of a user namespace that an engine made (rootless Podman) is one of its users.
    const bool is_a_user = has_user_directory && !TRY(kernel::IsInInitialUserNamespace());
    if (!is_a_user) return std::string("/run/agentbox");
  }
  if (has_user_directory) return std::string(user_directory) + "/agentbox";
  return RootOfUser(::geteuid());
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

Result<void> EnsurePrivilege(const std::vector<char*>& argv) {
  return launch::EnsurePrivilege(argv);
}

}  // namespace agentbox::container
