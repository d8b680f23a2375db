#include "container/deny_lists.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "kernel/file.h"
#include "kernel/path.h"

namespace agentbox::container {
namespace {

// Whether the file may hold a token: one that can not be read, or is too long to be, may.
bool MayHaveToken(const WalkedEntry& entry) {
  if (entry.type == DT_DIR) return false;
  // Without waiting for the other end of a pipe.
  const auto file = kernel::Open(
      entry.directory, std::string(entry.name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!file) return file.error().Errno() != ENOENT;
  const auto status = kernel::Stat(file->Get());
  if (!status || !S_ISREG(status->st_mode)) return false;
  const auto text = kernel::ReadAll(file->Get(), policy::kTokenFileLimit);
  return !text || policy::HasToken(*text);
}

}  // namespace

Result<DenyLists> DenyListsFor(const policy::Policy& policy, policy::DenyRoot root) {
  DenyLists lists;
  lists.files = TRY_WITHIN(policy::DenyRules::Make(policy.denied_files, root), "deny.files");
  lists.with_tokens =
      TRY_WITHIN(policy::DenyRules::Make(policy.denied_with_tokens, root), "deny.filesWithTokens");
  return lists;
}

std::optional<std::string> RuleFor(const WalkedEntry& entry, const DenyLists& lists) {
  const bool is_directory = entry.type == DT_DIR;
  if (const auto* rule = lists.files.Denying(entry.path, is_directory)) {
    return "deny.files: " + *rule;
  }
  if (const auto* rule = lists.of_project.Denying(entry.path, is_directory)) {
    return lists.project + ": " + *rule;
  }
  const auto* const rule = lists.with_tokens.Denying(entry.path, is_directory);
  if (rule != nullptr && MayHaveToken(entry)) return "deny.filesWithTokens: " + *rule;
  return std::nullopt;
}

// Written by whoever can write to the workspace: not through a symlink, no device and no pipe, and
// not without end.
Result<std::vector<std::string>> ReadProject(const UniqueFd& root) {
  auto file = kernel::OpenBeneath(
      root.Get(), policy::kProjectFile, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  const bool is_there = file || (file.error().Errno() != ENOENT && file.error().Errno() != ENOTDIR);
  if (!is_there) return std::vector<std::string>();
  if (!file) return Fail(std::move(file).error());
  const struct stat status = TRY(kernel::Stat(file->Get()));
  if (!S_ISREG(status.st_mode)) {
    return Fail(Error(ErrorKind::kInvalidSpec, "is no regular file"));
  }
  const std::string text = TRY(kernel::ReadAll(file->Get(), policy::kProjectFileLimit));
  return policy::ReadProjectRules(text);
}

}  // namespace agentbox::container
