#include "policy/mount_rules.h"

#include <fnmatch.h>

#include <algorithm>

#include "base/strings.h"
#include "json/reader.h"
#include "policy/keys.h"

namespace agentbox::policy {
namespace {

constexpr std::string_view kAllBelow = "/**";

Result<std::string> ReadGlob(const json::Reader& reader, std::string_view key) {
  const std::string glob = TRY(reader.OptionalOr<std::string>(key, ""));
  if (!reader.Has(key)) return glob;
  if (!glob.starts_with('/'))
    return Fail(reader.InvalidAt(key, Quoted(glob) + " does not begin with \"/\""));
  const auto stars = glob.find("**");
  if (stars != std::string::npos && (stars + 2 != glob.size() || !glob.ends_with(kAllBelow))) {
    return Fail(
        reader.InvalidAt(key, Quoted(glob) + " has \"**\" elsewhere than as \"/**\" at its end"));
  }
  return glob;
}

Result<MountRule> ReadRule(const json::Reader& reader) {
  MountRule rule;
  rule.destination = TRY(ReadGlob(reader, "destination"));
  rule.source = TRY(ReadGlob(reader, "source"));
  if (rule.destination.empty() && rule.source.empty()) {
    return Fail(json::Invalid(reader.Path(), "expected \"destination\", \"source\" or both"));
  }
  const std::string mode = TRY(reader.Required<std::string>("mode"));
  rule.mode = TRY_WITHIN(ValueNamed<MountMode>(mode), reader.PathOf("mode"));
  return rule;
}

bool IsMatch(const MountRule& rule, const std::string& destination, const std::string& source) {
  return (rule.destination.empty() || MatchesGlob(rule.destination, destination)) &&
         (rule.source.empty() || MatchesGlob(rule.source, source));
}

std::optional<ChosenMode> ByRules(const Policy& policy,
                                  const std::string& destination,
                                  const std::string& source) {
  std::optional<ChosenMode> chosen;
  for (const MountRule& rule : policy.mounts) {
    if (!IsMatch(rule, destination, source) || (chosen && rule.mode <= chosen->mode)) continue;
    const auto origin = policy.origins.find("mounts");
    chosen = ChosenMode{rule.mode, "mounts[" + std::to_string(&rule - policy.mounts.data()) + "]"};
    if (origin != policy.origins.end()) chosen->origin += " of " + origin->second;
  }
  return chosen;
}

}  // namespace

Result<std::vector<MountRule>> ReadMountRules(const json::Value& value, const std::string& path) {
  if (value.type != json::Type::kList) {
    return Fail(json::Invalid(path, "expected a list, found " + json::Describe(value)));
  }
  std::vector<MountRule> rules;
  for (const json::Value& item : value.items) {
    std::vector<std::string> unknown;
    const auto reader = TRY(json::Reader::Make(item, json::JoinPath(path, rules.size()), unknown));
    rules.push_back(TRY(ReadRule(reader)));
    reader.ReportUnknown();
    if (unknown.empty()) continue;
    return Fail(json::Invalid(unknown.front(), "unknown key (destination, source, mode)"));
  }
  return rules;
}

std::string ToString(const MountRule& rule) {
  std::string text;
  if (!rule.destination.empty()) text += "destination " + Quoted(rule.destination) + " ";
  if (!rule.source.empty()) text += "source " + Quoted(rule.source) + " ";
  return text + std::string(Name(rule.mode));
}

bool MatchesGlob(std::string_view glob, const std::string& path) {
  if (!glob.ends_with(kAllBelow)) {
    return fnmatch(std::string(glob).c_str(), path.c_str(), FNM_PATHNAME) == 0;
  }
  glob.remove_suffix(kAllBelow.size());
  if (glob.empty()) return true;
  for (std::string above = path; !above.empty(); above.resize(above.rfind('/'))) {
    if (fnmatch(std::string(glob).c_str(), above.c_str(), FNM_PATHNAME) == 0) return true;
  }
  return false;
}

Result<std::optional<ChosenMode>> ModeOf(const Policy& policy,
                                         const std::string& destination,
                                         const std::string& source) {
  auto chosen = ByRules(policy, destination, source);
  const auto annotated = policy.mount_annotations.find(destination);
  if (annotated == policy.mount_annotations.end()) return chosen;
  const std::string annotation = "annotation dev.agentbox.mount." + destination;
  const MountMode before = chosen ? chosen->mode : MountMode::kDirect;
  const bool may_loosen = std::ranges::count(policy.annotations_allowed, "mounts") != 0;
  if (annotated->second < before && !may_loosen) {
    return Fail(Error(ErrorKind::kRefused,
                      annotation + " would loosen " + std::string(Name(before)) + " by " +
                          chosen->origin + "; annotations.allow does not list \"mounts\""));
  }
  return std::optional(ChosenMode{annotated->second, annotation});
}

}  // namespace agentbox::policy
