// `agentbox diff`: the changes of a layer, printed.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "review/changes.h"
#include "review/output.h"

namespace agentbox::review {

enum class DiffFormat : std::uint8_t { kList, kStat, kJson, kPatch };

struct DiffSummary {
  std::uint64_t changes = 0;
  std::uint64_t incomplete = 0;  // which a patch does not have all of
};

// Prints the changes of `layer`, whose real tree has the path `tree`.
Result<DiffSummary> PrintDiff(const Layer& layer,
                              const std::string& tree,
                              DiffFormat format,
                              Output& output);

}  // namespace agentbox::review
