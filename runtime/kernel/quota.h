// Project quotas: what all files of one project, a number that each file has, may hold together.
// ext4 and xfs have them where they are mounted with prjquota.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"

namespace agentbox::kernel {

// Whether the file system of `file` (which may be O_PATH) counts what projects use, and enforces
// their limits.
bool HasProjectQuota(int file);

// The project of the directory, which is open for reading, if what is made in it inherits that
// (FS_XFLAG_PROJINHERIT); nothing where its file system knows of none.
Result<std::optional<std::uint32_t>> InheritedProject(int directory);

// Makes `project` that of the directory, and of all that is made in it from now on. EDQUOT where
// the project is full.
Result<void> SetInheritedProject(int directory, std::uint32_t project);

// How many inodes of the file system of `file` belong to the project.
Result<std::uint64_t> InodesOfProject(int file, std::uint32_t project);

// Limits of one project; 0: no limit.
struct ProjectLimits {
  std::uint64_t bytes = 0;  // a part of 1024 counts as 1024
  std::uint64_t inodes = 0;
};

// quotactl_fd(2) Q_SETQUOTA. Of the initial user namespace, with CAP_SYS_ADMIN.
Result<void> SetProjectLimits(int file, std::uint32_t project, const ProjectLimits& limits);

}  // namespace agentbox::kernel
