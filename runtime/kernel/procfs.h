// A procfs that nobody else can have mounted over: what is written to /proc goes through it
// (CVE-2019-16884, CVE-2019-19921, CVE-2025-52881: writes led elsewhere by a mount on /proc).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::kernel {

// The root of a procfs of the caller's pid namespace: a new detached one (fsopen(2)); where the
// kernel refuses that with EPERM (no CAP_SYS_ADMIN, or /proc is partly covered and may not be
// revealed), /proc itself, checked to be the root of a procfs.
Result<UniqueFd> OpenProcfs();

// `path` below `procfs`, such as "self/attr/exec": over no mount, through no magic link, and
// checked to be a file of a procfs.
Result<UniqueFd> OpenInProcfs(const UniqueFd& procfs, const std::string& path, std::uint64_t flags);

// All of `value`, in one write(2), to the file `path` below `procfs`.
Result<void> WriteProcfs(const UniqueFd& procfs, const std::string& path, std::string_view value);

}  // namespace agentbox::kernel
