// A project's own policy file comes with what the project's authors, and whatever ran in the
// workspace before, have written: it can make a sandbox see less, and nothing else.
#include "base/strings.h"
#include "json/reader.h"
#include "json/value.h"
#include "policy/deny.h"

namespace agentbox::policy {
namespace {

constexpr std::size_t kMostRules = 256;

Result<const json::Value*> OnlyMember(const json::Value& object,
                                      const std::string& path,
                                      std::string_view key) {
  if (object.type != json::Type::kObject) {
    return Fail(json::Invalid(path, "expected an object, found " + json::Describe(object)));
  }
  const json::Value* found = nullptr;
  for (std::size_t i = 0; i < object.keys.size(); ++i) {
    if (object.keys[i] != key) {
      return Fail(json::Invalid(json::JoinPath(path, object.keys[i]),
                                "a project may set deny.files, and nothing else"));
    }
    found = &object.items[i];
  }
  return found;
}

Result<void> Check(const std::string& rule, const std::string& path) {
  if (rule.starts_with('!')) {
    return Fail(json::Invalid(path, Quoted(rule) + ": a project may only add to what is denied"));
  }
  if (rule.starts_with("~/")) {
    return Fail(json::Invalid(path, Quoted(rule) + ": a project has no say in homes"));
  }
  TRY_WITHIN(DenyRules::Make({rule}, DenyRoot::kWorkspace), path);
  return {};
}

}  // namespace

Result<std::vector<std::string>> ReadProjectRules(std::string_view text) {
  const json::Value document = TRY(json::Parse(text));
  const json::Value* deny = TRY(OnlyMember(document, "", "deny"));
  if (deny == nullptr) return std::vector<std::string>();
  const json::Value* files = TRY(OnlyMember(*deny, "deny", "files"));
  if (files == nullptr) return std::vector<std::string>();
  if (files->type != json::Type::kList) {
    return Fail(json::Invalid("deny.files", "expected a list, found " + json::Describe(*files)));
  }
  if (files->items.size() > kMostRules) {
    return Fail(json::Invalid("deny.files", "has more than 256 rules"));
  }
  std::vector<std::string> rules;
  for (std::size_t i = 0; i < files->items.size(); ++i) {
    const std::string path = json::JoinPath("deny.files", i);
    std::string rule = TRY(json::ReadAs<std::string>(files->items[i], path));
    // As in the policy's own file: "added". It always is.
    if (i == 0 && rule == "+") continue;
    TRY(Check(rule, path));
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace agentbox::policy
