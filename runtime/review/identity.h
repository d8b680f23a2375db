// Whether the directory at a real tree's path is the one that a sandbox was shown.
#pragma once

#include "base/error.h"
#include "review/record.h"

namespace agentbox::review {

// Of the open directory `directory`, which may be O_PATH.
Result<Identity> IdentityOf(int directory);

// kRefused, saying how it differs, if the directory is known not to be the one of `shown`.
Result<void> CheckIsShown(int directory, const Identity& shown);

}  // namespace agentbox::review
