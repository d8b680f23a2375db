#include "policy/text.h"

#include "base/strings.h"
#include "policy/mount_rules.h"

namespace agentbox::policy {
namespace {

std::string Text(const std::string& value) {
  return Quoted(value);
}

std::string Text(const Strings& values) {
  Strings quoted;
  quoted.reserve(values.size());
  for (const std::string& value : values)
    quoted.push_back(Quoted(value));
  return "[" + Join(quoted, ", ") + "]";
}

std::string Text(const std::vector<MountRule>& rules) {
  Strings texts;
  texts.reserve(rules.size());
  for (const MountRule& rule : rules)
    texts.push_back(ToString(rule));
  return "[" + Join(texts, ", ") + "]";
}

std::string Text(const std::optional<NetworkMode>& mode) {
  return mode ? std::string(Name(*mode)) : "pasta, or else none";
}

std::string Text(const std::optional<std::uint64_t>& size) {
  if (size) return SizeText(*size);
  return SizeText(kDefaultDiskLimit) + " where there are project quotas, else 0";
}

template <typename Value>
std::string Text(Value value) {
  if constexpr (std::is_enum_v<Value>) {
    return std::string(Name(value));
  } else {
    return std::to_string(value);
  }
}

}  // namespace

std::string ValueText(const Policy& policy, const Key& key) {
  return std::visit([&policy](auto field) { return Text(policy.*field); }, key.field);
}

std::string ToString(const Policy& policy) {
  std::string text;
  for (const Key& key : Keys()) {
    const auto origin = policy.origins.find(std::string(key.name));
    text += key.name;
    text += ": " + ValueText(policy, key);
    if (origin != policy.origins.end()) text += "  (" + origin->second + ")";
    text += '\n';
  }
  return text;
}

}  // namespace agentbox::policy
