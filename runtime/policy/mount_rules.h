// "mounts" of the policy: how host directories are shown in containers, by globs of their paths.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/value.h"
#include "policy/policy.h"

namespace agentbox::policy {

// A list of objects with "destination", "source" or both, and "mode". kInvalidSpec, naming the
// member, for any other, and for a glob that can match nothing.
Result<std::vector<MountRule>> ReadMountRules(const json::Value& value, const std::string& path);

std::string ToString(const MountRule& rule);

// Whether `path`, absolute and clean, matches `glob`: as of glob(7), where a "/**" at the end
// stands for the directory before it and for all below that.
bool MatchesGlob(std::string_view glob, const std::string& path);

struct ChosenMode {
  MountMode mode = MountMode::kDirect;
  std::string origin;  // "mounts[0] of /etc/agentbox/policy.json"
};

// The mode of the bind mount of `source` at `destination`, both absolute and clean: of the rules
// that match the strictest, which an annotation may make stricter still. Nothing: no word on it.
// kRefused for an annotation that would loosen it, unless annotations.allow lists "mounts".
Result<std::optional<ChosenMode>> ModeOf(const Policy& policy,
                                         const std::string& destination,
                                         const std::string& source);

}  // namespace agentbox::policy
