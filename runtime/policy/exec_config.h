// The default of review.execConfig: a list of its own for its length.
#pragma once

#include "policy/keys.h"

namespace agentbox::policy {

Strings ExecConfig();

}  // namespace agentbox::policy
