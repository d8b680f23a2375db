// From the JSON of runtime-spec to its structs (spec/config.h), checked: what these functions
// return keeps every rule of the specification that can be told without the host. Errors are
// kInvalidSpec and begin with the path, `process.user.uid: expected ...`; the caller adds the
// file's name.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "spec/config.h"

namespace agentbox::spec {

// The version of runtime-spec that this program knows; older ones of the same major are read too.
constexpr std::string_view kVersion = "1.3.0";
constexpr std::string_view kOldestVersion = "1.0.0";

// config.json. Keys that no version of the specification has are ignored, as it demands, and listed
// in Config::unknown_keys.
Result<Config> ReadConfig(std::string_view text);

// A process alone, as `exec --process` gets it; `name` of the file comes before the path.
Result<Process> ReadProcess(std::string_view text, const std::string& name);

// linux.resources alone, as `update --resources` gets it.
Result<Resources> ReadResources(std::string_view text);

}  // namespace agentbox::spec
