#include <algorithm>

#include "json/reader.h"
#include "json/value.h"
#include "policy/deny.h"
#include "policy/keys.h"
#include "policy/mount_rules.h"
#include "policy/policy.h"

namespace agentbox::policy {
namespace {

// Put first in a list: what follows is added to the list there is.
constexpr std::string_view kAdded = "+";

template <typename Value>
Result<void> ReadInto(Value& field, const json::Value& value, const std::string& path) {
  if constexpr (std::is_enum_v<Value>) {
    const std::string text = TRY(json::ReadAs<std::string>(value, path));
    field = TRY_WITHIN(ValueNamed<Value>(text), path);
  } else {
    field = TRY(json::ReadAs<Value>(value, path));
  }
  return {};
}

Result<void> ReadInto(std::optional<NetworkMode>& field,
                      const json::Value& value,
                      const std::string& path) {
  NetworkMode mode = NetworkMode::kNone;
  TRY(ReadInto(mode, value, path));
  field = mode;
  return {};
}

Result<void> ReadInto(std::optional<std::uint64_t>& field,
                      const json::Value& value,
                      const std::string& path) {
  if (value.type != json::Type::kString) {
    field = TRY(json::ReadAs<std::uint64_t>(value, path));
    return {};
  }
  const std::string text = TRY(json::ReadAs<std::string>(value, path));
  const auto size = ParseSize(text);
  if (!size) return Fail(json::Invalid(path, Quoted(text) + " is not a size, such as \"512m\""));
  field = static_cast<std::uint64_t>(*size);
  return {};
}

Result<void> ReadInto(std::int64_t& field, const json::Value& value, const std::string& path) {
  const auto number = TRY(json::ReadAs<std::int64_t>(value, path));
  if (number < 0) return Fail(json::Invalid(path, "is less than 0"));
  field = number;
  return {};
}

Result<void> ReadInto(Strings& field, const json::Value& value, const std::string& path) {
  if (value.type != json::Type::kList) {
    return Fail(json::Invalid(path, "expected a list, found " + json::Describe(value)));
  }
  Strings items;
  for (const json::Value& item : value.items) {
    items.push_back(TRY(json::ReadAs<std::string>(item, json::JoinPath(path, items.size()))));
  }
  if (!items.empty() && items.front() == kAdded) {
    items.erase(items.begin());
    items.insert(items.begin(), field.begin(), field.end());
  }
  field = std::move(items);
  return {};
}

Result<void> ReadInto(std::vector<MountRule>& field,
                      const json::Value& value,
                      const std::string& path) {
  field = TRY(ReadMountRules(value, path));
  return {};
}

bool IsGroup(const std::string& path) {
  return std::ranges::any_of(Keys(),
                             [&path](const Key& key) { return key.name.starts_with(path + "."); });
}

Error UnknownKey(const std::string& path) {
  const auto parent =
      path.substr(0, path.rfind('.') == std::string::npos ? 0 : path.rfind('.') + 1);
  std::string known;
  for (const Key& key : Keys()) {
    if (!key.name.starts_with(parent)) continue;
    known += (known.empty() ? "" : ", ") + std::string(key.name);
  }
  return json::Invalid(path, "unknown key (" + known + ")");
}

Result<void> ReadMember(Policy& policy,
                        const json::Value& value,
                        const std::string& path,
                        const std::string& name) {
  const auto keys = Keys();
  const auto key = std::ranges::find(keys, path, &Key::name);
  if (key == keys.end()) return Fail(UnknownKey(path));
  TRY(std::visit([&](auto field) { return ReadInto(policy.*field, value, path); }, key->field));
  policy.origins[path] = name;
  return {};
}

Result<void> ReadObject(Policy& policy,
                        const json::Value& object,
                        const std::string& path,
                        const std::string& name) {
  if (object.type != json::Type::kObject) {
    return Fail(json::Invalid(path, "expected an object, found " + json::Describe(object)));
  }
  for (std::size_t i = 0; i < object.keys.size(); ++i) {
    const std::string member = json::JoinPath(path, object.keys[i]);
    if (IsGroup(member)) {
      TRY(ReadObject(policy, object.items[i], member, name));
    } else {
      TRY(ReadMember(policy, object.items[i], member, name));
    }
  }
  return {};
}

// What the types of the keys can not say.
Result<void> Check(const Policy& policy) {
  for (const std::string& allowed : policy.annotations_allowed) {
    const auto keys = Keys();
    const auto key = std::ranges::find(keys, allowed, &Key::name);
    if (key == keys.end() || key->tightening == Tightening::kNever) {
      return Fail(json::Invalid("annotations.allow",
                                Quoted(allowed) + " is no key that an annotation can set"));
    }
  }
  if (!policy.scratch_directory.empty() && !policy.scratch_directory.starts_with('/')) {
    return Fail(json::Invalid("scratch.directory",
                              Quoted(policy.scratch_directory) + " is not an absolute path"));
  }
  TRY_WITHIN(DenyRules::Make(policy.denied_files, DenyRoot::kHome), "deny.files");
  TRY_WITHIN(DenyRules::Make(policy.denied_with_tokens, DenyRoot::kHome), "deny.filesWithTokens");
  const DenyRules homes =
      TRY_WITHIN(DenyRules::Make(policy.denied_in_volumes, DenyRoot::kHome), "deny.volumes");
  if (!homes.IsEmpty()) {
    return Fail(
        json::Invalid("deny.volumes",
                      Quoted(homes.First()) + " is about homes, and this about paths of the host"));
  }
  for (const std::string& path : policy.hidden_paths) {
    if (path.starts_with('/') || path.starts_with("~/")) continue;
    return Fail(json::Invalid("do.hide", Quoted(path) + " begins neither with \"/\" nor \"~/\""));
  }
  return {};
}

Result<Policy> Read(Policy base, std::string_view text, const std::string& name) {
  const json::Value document = TRY(json::Parse(text));
  TRY(ReadObject(base, document, "", name));
  TRY(Check(base));
  SetProfileLimits(base);
  return base;
}

}  // namespace

Result<Policy> ReadPolicy(Policy base, std::string_view text, const std::string& name) {
  return TRY_WITHIN(Read(std::move(base), text, name), name);
}

}  // namespace agentbox::policy
