// A key's value as text: for `agentbox plan`, and for messages. Pure.
#pragma once

#include <string>

#include "policy/keys.h"

namespace agentbox::policy {

std::string ValueText(const Policy& policy, const Key& key);

}  // namespace agentbox::policy
