// Annotations come with a container's configuration, which its user writes; the policy file is the
// administrator's. So an annotation may take away, and adds only what the file says it may.
#include <algorithm>

#include "base/strings.h"
#include "policy/keys.h"
#include "policy/policy.h"
#include "policy/text.h"

namespace agentbox::policy {
namespace {

constexpr std::string_view kPrefix = "dev.agentbox.";
constexpr std::string_view kMountPrefix = "dev.agentbox.mount.";

bool Contains(const Strings& strings, std::string_view string) {
  return std::ranges::find(strings, string) != strings.end();
}

Strings Elements(std::string_view text) {
  Strings elements;
  for (const std::string_view part : Split(text, ',')) {
    const std::string_view element = Trimmed(part);
    if (!element.empty()) elements.emplace_back(element);
  }
  return elements;
}

template <typename Value>
Result<Value> Parse(std::string_view text, const Value& /*before*/, Tightening /*how*/) {
  if constexpr (std::is_enum_v<Value>) {
    return ValueNamed<Value>(text);
  } else {
    const auto number = ParseNumber<Value>(text);
    if (number && *number >= 0) return *number;
    return Fail(Error(ErrorKind::kInvalidSpec, Quoted(text) + " is not an unsigned integer"));
  }
}

Result<std::optional<NetworkMode>> Parse(std::string_view text,
                                         const std::optional<NetworkMode>& /*before*/,
                                         Tightening /*how*/) {
  return std::optional<NetworkMode>(TRY(ValueNamed<NetworkMode>(text)));
}

Result<std::optional<std::uint64_t>> Parse(std::string_view text,
                                           const std::optional<std::uint64_t>& /*before*/,
                                           Tightening /*how*/) {
  const auto size = ParseSize(text);
  if (size) return std::optional<std::uint64_t>(static_cast<std::uint64_t>(*size));
  return Fail(Error(ErrorKind::kInvalidSpec, Quoted(text) + " is not a size, such as \"512m\""));
}

Result<std::string> Parse(std::string_view text, const std::string& /*before*/, Tightening) {
  return std::string(text);
}

Result<std::vector<MountRule>> Parse(std::string_view /*text*/,
                                     const std::vector<MountRule>& /*before*/,
                                     Tightening /*how*/) {
  return Fail(Error(ErrorKind::kInvalidSpec,
                    "the mode of one mount is set by dev.agentbox.mount.DESTINATION"));
}

Result<Strings> Parse(std::string_view text, const Strings& before, Tightening how) {
  Strings elements = Elements(text);
  if (how != Tightening::kMore) return elements;
  Strings all = before;
  for (std::string& element : elements) {
    if (!Contains(all, element)) all.push_back(std::move(element));
  }
  return all;
}

// debug, netns and engine each add to dev; paranoid takes from all of them; engine has what netns
// has.
bool IsStricter(Profile before, Profile after) {
  if (after == before || after == Profile::kParanoid) return true;
  if (before == Profile::kParanoid) return false;
  return after == Profile::kDev || (before == Profile::kEngine && after == Profile::kNetns);
}

bool IsStricter(RootfsMode before, RootfsMode after) {
  return after == before || after == RootfsMode::kThrowaway;
}

// What is added may be no exception from a deny rule.
bool IsStricter(const Strings& before, const Strings& after, Tightening how) {
  if (how == Tightening::kMore) {
    return std::ranges::none_of(after, [&before](const std::string& one) {
      return one.starts_with('!') && !Contains(before, one);
    });
  }
  return std::ranges::all_of(after,
                             [&before](const std::string& one) { return Contains(before, one); });
}

template <typename Value>
bool IsStricter(const Value& before, const Value& after, Tightening how) {
  if constexpr (std::is_same_v<Value, Profile> || std::is_same_v<Value, RootfsMode>) {
    return IsStricter(before, after);
  } else if constexpr (std::is_integral_v<Value>) {
    if (how == Tightening::kCeiling && after == 0) return before == 0;
    if (how == Tightening::kCeiling && before == 0) return true;
    return after <= before;
  } else {
    return after == before;
  }
}

// The default holds where it can; one that always holds, and is no higher, is stricter.
bool IsStricter(const std::optional<std::uint64_t>& before,
                const std::optional<std::uint64_t>& after,
                Tightening how) {
  return IsStricter(before.value_or(kDefaultDiskLimit), after.value_or(kDefaultDiskLimit), how);
}

Result<void> ApplyTo(Policy& policy, const Key& key, std::string_view text, bool may_loosen) {
  return std::visit(
      [&](auto field) -> Result<void> {
        auto& value = policy.*field;
        auto wanted = TRY(Parse(text, value, key.tightening));
        if (!may_loosen && !IsStricter(value, wanted, key.tightening)) {
          return Fail(Error(ErrorKind::kRefused,
                            "would loosen " + std::string(key.name) + " of the policy (" +
                                ValueText(policy, key) + "); annotations.allow does not list it"));
        }
        value = std::move(wanted);
        return {};
      },
      key.field);
}

Result<void> ApplyOne(Policy& policy,
                      const Strings& allowed,
                      const std::string& annotation,
                      std::string_view text) {
  const std::string name = annotation.substr(kPrefix.size());
  const auto keys = Keys();
  const auto key = std::ranges::find(keys, name, &Key::name);
  if (key == keys.end() || key->tightening == Tightening::kNever) {
    return Fail(Error(ErrorKind::kInvalidSpec,
                      key == keys.end() ? "unknown annotation"
                                        : Quoted(name) + " can be set by the policy file only"));
  }
  TRY(ApplyTo(policy, *key, text, Contains(allowed, name)));
  policy.origins[name] = "annotation " + annotation;
  return {};
}

// Whether it makes stricter depends on the mount: ModeOf tells.
Result<void> ApplyMountMode(Policy& policy, const std::string& annotation, std::string_view text) {
  const std::string destination = annotation.substr(kMountPrefix.size());
  if (!destination.starts_with('/')) {
    return Fail(Error(ErrorKind::kInvalidSpec, Quoted(destination) + " is not an absolute path"));
  }
  policy.mount_annotations[destination] = TRY(ValueNamed<MountMode>(text));
  return {};
}

}  // namespace

Result<Policy> ApplyAnnotations(Policy base,
                                const std::map<std::string, std::string>& annotations) {
  // Two rounds, the profile first: its limits are what the others are then compared with.
  const Strings allowed = base.annotations_allowed;
  const std::string profile = std::string(kPrefix) + "profile";
  const auto named = annotations.find(profile);
  if (named != annotations.end()) {
    TRY_WITHIN(ApplyOne(base, allowed, profile, named->second), "annotations." + profile);
    SetProfileLimits(base);
  }
  for (const auto& [annotation, text] : annotations) {
    if (!annotation.starts_with(kPrefix) || annotation == profile) continue;
    const bool is_of_mount = annotation.starts_with(kMountPrefix);
    TRY_WITHIN(is_of_mount ? ApplyMountMode(base, annotation, text)
                           : ApplyOne(base, allowed, annotation, text),
               "annotations." + annotation);
  }
  return base;
}

}  // namespace agentbox::policy
