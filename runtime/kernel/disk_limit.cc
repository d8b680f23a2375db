#include "kernel/disk_limit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>

#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/quota.h"

namespace agentbox::kernel {
namespace {

// Projects of ours: "ag", and 65,536 from there. Those of others are low numbers (Docker,
// projid(5)) or begin at 1,048,577 (kubelet).
constexpr std::uint32_t kFirstProject = 0x61670000;
constexpr std::uint32_t kProjects = 1U << 16U;

// A file takes a block; so many can be made only if they are empty.
constexpr std::uint64_t kBytesForFile = 4096;

bool IsOurs(std::optional<std::uint32_t> project) {
  return project && *project >= kFirstProject && *project - kFirstProject < kProjects;
}

// Makes `project` that of `directory`; false where another has it.
Result<bool> Take(const UniqueFd& directory, std::uint32_t project) {
  auto set = SetInheritedProject(directory.Get(), project);
  if (!set && set.error().Errno() == EDQUOT) return false;
  TRY(std::move(set));
  // Of two who take it at once one at least sees the other: each looks after it has taken it.
  return TRY(InodesOfProject(directory.Get(), project)) == 1;
}

// By the inode's number, which no two directories share: most often the first one is free.
Result<std::uint32_t> TakeAny(const UniqueFd& directory) {
  const struct stat status = TRY(Stat(directory.Get()));
  for (std::uint32_t step = 0; step < kProjects; ++step) {
    const std::uint32_t project =
        kFirstProject + static_cast<std::uint32_t>((status.st_ino + step) % kProjects);
    const bool is_taken = TRY(Take(directory, project));
    if (is_taken) return project;
  }
  return Fail(Error(ErrorKind::kRefused,
                    "all " + std::to_string(kProjects) + " projects for quotas are in use"));
}

}  // namespace

Result<void> LimitDirectory(const UniqueFd& directory, std::uint64_t bytes) {
  const UniqueFd open = TRY(Reopen(directory.Get(), O_RDONLY | O_DIRECTORY));
  // One that is left of a sandbox by that name has its project already.
  auto project = TRY(InheritedProject(open.Get()));
  if (!IsOurs(project)) project = TRY(TakeAny(open));
  return SetProjectLimits(open.Get(), *project, {.bytes = bytes, .inodes = bytes / kBytesForFile});
}

Result<void> UnlimitDirectory(int parent, const std::string& name) {
  const auto open = Open(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!open && (open.error().Errno() == ENOENT || open.error().Errno() == ENOTDIR)) return {};
  if (!open) return Fail(open.error());
  const auto project = TRY(InheritedProject(open->Get()));
  if (!IsOurs(project)) return {};
  return SetProjectLimits(open->Get(), *project, {});
}

}  // namespace agentbox::kernel
