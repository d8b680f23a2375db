// What this host has of what agentbox uses: each thing tried where it can be, not guessed from a
// version number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "container/container.h"

namespace agentbox::container {

enum class Health : std::uint8_t {
  kOk,
  kWarning,  // it works, but less well or less safely
  kMissing,
};

struct Finding {
  std::string feature;  // "idmapped mounts on /var/lib/agentbox (ext4)"
  Health health = Health::kOk;
  std::string detail;         // what was found
  std::string purpose;        // what agentbox needs it for
  std::string remedy;         // how to get it, where it is not there
  bool is_essential = false;  // without it no sandbox can be made
};

// One finding for each feature, in the order in which a start needs them.
std::vector<Finding> Examine(const Runtime& runtime);

// Nothing essential is missing.
bool IsUsable(const std::vector<Finding>& findings);

std::string ToString(const std::vector<Finding>& findings);  // one line each
std::string ToJson(const std::vector<Finding>& findings);

}  // namespace agentbox::container
