// The keys of a policy as a table: name, place in Policy, and what "stricter" means for it.
// Reading, annotations and printing all go through it, so that no key can be in one of them alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/strings.h"
#include "policy/policy.h"

namespace agentbox::policy {

using Strings = std::vector<std::string>;

using Field = std::variant<Profile Policy::*,
                           RootfsMode Policy::*,
                           ScratchKind Policy::*,
                           MountMode Policy::*,
                           std::optional<NetworkMode> Policy::*,
                           std::string Policy::*,
                           std::int64_t Policy::*,
                           std::uint32_t Policy::*,
                           std::uint64_t Policy::*,
                           std::optional<std::uint64_t> Policy::*,  // a size: "512m"
                           Strings Policy::*,
                           std::vector<MountRule> Policy::*>;

// What an annotation may do to the key without being listed under annotations.allow.
enum class Tightening : std::uint8_t {
  kNone,     // nothing
  kNever,    // nothing, listed or not: the key is no annotation
  kProfile,  // a profile that allows less
  kRootfs,   // throwaway
  kLower,    // a lower number
  kCeiling,  // a lower number, where 0 is no limit
  kSubset,   // a list of some of the elements
  kMore,     // elements, which are added
  kMounts,   // a stricter mode for one mount, by an annotation of another name
};

struct Key {
  std::string_view name;  // "limits.pids"
  Field field;
  Tightening tightening;
};

std::span<const Key> Keys();

// Names of an enumeration's values, in the order of the values.
std::span<const std::string_view> Names(Profile);
std::span<const std::string_view> Names(RootfsMode);
std::span<const std::string_view> Names(ScratchKind);
std::span<const std::string_view> Names(MountMode);
std::span<const std::string_view> Names(NetworkMode);

// The value named `text`; kInvalidSpec with the names there are.
template <typename Enum>
Result<Enum> ValueNamed(std::string_view text) {
  const auto names = Names(Enum());
  std::string known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
    if (i > 0) known += ", ";
    known += names[i];
  }
  return Fail(Error(ErrorKind::kInvalidSpec, Quoted(text) + " is not one of " + known));
}

// Limits that the profile sets wherever their origin is not a file or an annotation.
void SetProfileLimits(Policy& policy);

}  // namespace agentbox::policy
