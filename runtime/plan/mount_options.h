// Options of mount(8) that are about the mount and not data for its file system (runtime-spec,
// config.md#linux-mount-options; crun(1)). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "abi/mount.h"
#include "base/error.h"
#include "plan/mounts.h"

namespace agentbox::plan {

// Takes `option` if it is an attribute ("ro", "rnosuid") or a propagation ("rslave"): later ones
// win over earlier ones. False if it is neither.
bool ApplyOption(std::string_view option, MountStep& step);

// All options that are known, sorted: for `features`.
std::vector<std::string> MountOptionNames();

// Whether `option` asks for what is so anyway ("defaults", "async").
bool IsWithoutEffect(std::string_view option);

// Whether an option is of a whole file system ("sync"): of one that is bound it stays as it is, as
// with mount(2).
bool IsOfFilesystem(std::string_view option);

// The propagation `name` as MS_* ("rshared": MS_SHARED | MS_REC).
std::optional<std::uint64_t> ParsePropagation(std::string_view name);

// The name of a propagation as MS_*; empty for 0, as made.
std::string_view PropagationName(std::uint64_t propagation);

// The mapping of "idmap=uids=0-1000-10#20-2000-5;gids=0-1000-10" (crun(1)): from an id of the
// source, to an id of the host, how many; with an '@' before them to one of the container.
// kInvalidSpec for anything else.
Result<MountIdmap> ParseIdmapOption(std::string_view text);

// The attributes and the propagation, as options: " ro rslave".
std::string OptionsToString(const MountStep& step);

}  // namespace agentbox::plan
