// What a directory of a layer has besides its mode and owner: what it stands for has it, too.
#pragma once

#include "apply/sandbox_ids.h"
#include "base/error.h"
#include "base/unique_fd.h"

namespace agentbox::apply {

// Gives `directory` (may be O_PATH) the access control lists of `model`, with the ids that the
// container's files have, and the attributes of users. Passes over what the file system of
// `directory` can not have, and what of `model` may not be read.
Result<void> CopyAttributes(const UniqueFd& model,
                            const UniqueFd& directory,
                            const SandboxIds& ids);

}  // namespace agentbox::apply
