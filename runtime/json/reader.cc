#include "json/reader.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/strings.h"

namespace agentbox::json {
namespace {

Error Mismatch(const std::string& path, const std::string& expected, const Value& found) {
  return Invalid(path, "expected " + expected + ", found " + Describe(found));
}

bool IsInteger(const Value& value) {
  return value.type == Type::kNumber && value.text.find_first_of(".eE") == std::string::npos;
}

template <typename T>
Result<T> ReadInteger(const Value& value, const std::string& path) {
  const std::string expected = std::is_unsigned_v<T> ? "an unsigned integer" : "an integer";
  if (!IsInteger(value)) return Fail(Mismatch(path, expected, value));
  const auto number = ParseNumber<T>(value.text);
  if (number) return *number;
  return Fail(Mismatch(path,
                       expected + " from " + std::to_string(std::numeric_limits<T>::min()) +
                           " to " + std::to_string(std::numeric_limits<T>::max()),
                       value));
}

}  // namespace

Error Invalid(const std::string& path, std::string_view message) {
  Error error(ErrorKind::kInvalidSpec, std::string(message));
  return path.empty() ? error : std::move(error).Within(path);
}

template <>
Result<bool> ReadAs<bool>(const Value& value, const std::string& path) {
  if (value.type != Type::kBoolean) return Fail(Mismatch(path, "true or false", value));
  return value.boolean;
}

template <>
Result<std::string> ReadAs<std::string>(const Value& value, const std::string& path) {
  if (value.type != Type::kString) return Fail(Mismatch(path, "a string", value));
  return value.text;
}

template <>
Result<std::int32_t> ReadAs<std::int32_t>(const Value& value, const std::string& path) {
  return ReadInteger<std::int32_t>(value, path);
}

template <>
Result<std::int64_t> ReadAs<std::int64_t>(const Value& value, const std::string& path) {
  return ReadInteger<std::int64_t>(value, path);
}

template <>
Result<std::uint16_t> ReadAs<std::uint16_t>(const Value& value, const std::string& path) {
  return ReadInteger<std::uint16_t>(value, path);
}

template <>
Result<std::uint32_t> ReadAs<std::uint32_t>(const Value& value, const std::string& path) {
  return ReadInteger<std::uint32_t>(value, path);
}

template <>
Result<std::uint64_t> ReadAs<std::uint64_t>(const Value& value, const std::string& path) {
  return ReadInteger<std::uint64_t>(value, path);
}

Result<void> CheckChoice(const Choice& choice, const std::string& text, const std::string& path) {
  for (const std::string_view name : Split(choice.names, ',')) {
    if (Trimmed(name) == text) return {};
  }
  return Fail(Invalid(path,
                      Quoted(text) + " is not " + std::string(choice.what) + " (" +
                          std::string(choice.names) + ")"));
}

Result<Reader> Reader::Make(const Value& value,
                            std::string path,
                            std::vector<std::string>& unknown) {
  if (value.type != Type::kObject) return Fail(Mismatch(path, "an object", value));
  return Reader(value, std::move(path), unknown);
}

Result<std::string> Reader::RequiredChoice(std::string_view key, const Choice& choice) const {
  std::string text = TRY(Required<std::string>(key));
  TRY(CheckChoice(choice, text, PathOf(key)));
  return text;
}

Result<std::string> Reader::OptionalChoice(std::string_view key, const Choice& choice) const {
  if (!Has(key)) return std::string();
  return RequiredChoice(key, choice);
}

Result<std::vector<std::string>> Reader::ChoiceList(std::string_view key,
                                                    const Choice& choice) const {
  std::vector<std::string> texts = TRY(OptionalList<std::string>(key));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    TRY(CheckChoice(choice, texts[i], JoinPath(PathOf(key), i)));
  }
  return texts;
}

void Reader::ReportUnknown() const {
  for (std::size_t i = 0; i < is_asked_for_.size(); ++i) {
    if (!is_asked_for_[i]) unknown_->push_back(PathOf(object_->keys[i]));
  }
}

const Value* Reader::Find(std::string_view key) const {
  const auto found = std::ranges::find(object_->keys, key);
  if (found == object_->keys.end()) return nullptr;
  const auto index = static_cast<std::size_t>(found - object_->keys.begin());
  is_asked_for_[index] = true;
  const Value& value = object_->items[index];
  return value.type == Type::kNull ? nullptr : &value;
}

Result<const Value*> Reader::FindRequired(std::string_view key) const {
  const Value* value = Find(key);
  if (value == nullptr) return Fail(InvalidAt(key, "is required"));
  return value;
}

Result<const Value*> Reader::FindList(std::string_view key) const {
  const Value* value = Find(key);
  if (value != nullptr && value->type != Type::kList) {
    return Fail(Mismatch(PathOf(key), "a list", *value));
  }
  return value;
}

Result<const Value*> Reader::FindObject(std::string_view key) const {
  const Value* value = Find(key);
  if (value != nullptr && value->type != Type::kObject) {
    return Fail(Mismatch(PathOf(key), "an object", *value));
  }
  return value;
}

}  // namespace agentbox::json
