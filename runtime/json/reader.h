// Typed reads of JSON objects that know their path, so that an error can say
// `process.user.uid: expected an unsigned integer, found the string "1000"`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "json/value.h"

namespace agentbox::json {

// `value` as a T: bool, std::string, std::int32_t, std::int64_t, std::uint16_t, std::uint32_t or
// std::uint64_t. kInvalidSpec, with `path`, for another type, a fraction or exponent (1.0 and 1e3
// too: as Go's readers of config.json), and a number that T can not hold.
template <typename T>
Result<T> ReadAs(const Value& value, const std::string& path);

// Error of the value at `path`.
Error Invalid(const std::string& path, std::string_view message);

// A set of names, of which a value must be one: {"a namespace", "cgroup, ipc, mount"}.
struct Choice {
  std::string_view what;
  std::string_view names;  // as messages list them: between them a comma and a blank
};

// kInvalidSpec if `text`, at `path`, is none of the names: `"foo" is not a namespace (cgroup,
// ...)`.
Result<void> CheckChoice(const Choice& choice, const std::string& text, const std::string& path);

// Reads the members of one object, which it borrows. A key whose value is null counts as absent.
// The functions named Object call `read`, a Result<T>(const Reader&), for the object there.
class Reader {
  template <typename Read>
  using ValueOf = typename std::invoke_result_t<Read, const Reader&>::value_type;

 public:
  // `unknown` gets the paths of keys that are there and were never asked for.
  // kInvalidSpec if `value` is no object.
  static Result<Reader> Make(const Value& value,
                             std::string path,
                             std::vector<std::string>& unknown);

  template <typename T>
  Result<T> Required(std::string_view key) const {
    const Value* value = TRY(FindRequired(key));
    return ReadAs<T>(*value, PathOf(key));
  }

  template <typename T>
  Result<std::optional<T>> Optional(std::string_view key) const {
    const Value* value = Find(key);
    if (value == nullptr) return std::optional<T>();
    return std::optional<T>(TRY(ReadAs<T>(*value, PathOf(key))));
  }

  template <typename T>
  Result<T> OptionalOr(std::string_view key, T otherwise) const {
    const Value* value = Find(key);
    if (value == nullptr) return otherwise;
    return ReadAs<T>(*value, PathOf(key));
  }

  template <typename T>
  Result<std::vector<T>> OptionalList(std::string_view key) const {
    const Value* list = TRY(FindList(key));
    std::vector<T> items;
    if (list == nullptr) return items;
    items.reserve(list->items.size());
    for (const Value& item : list->items) {
      items.push_back(TRY(ReadAs<T>(item, JoinPath(PathOf(key), items.size()))));
    }
    return items;
  }

  template <typename T>
  Result<std::map<std::string, T>> OptionalMap(std::string_view key) const {
    const Value* object = TRY(FindObject(key));
    std::map<std::string, T> entries;
    if (object == nullptr) return entries;
    for (std::size_t i = 0; i < object->keys.size(); ++i) {
      const std::string& name = object->keys[i];
      entries.emplace(name, TRY(ReadAs<T>(object->items[i], JoinPath(PathOf(key), name))));
    }
    return entries;
  }

  Result<std::string> RequiredChoice(std::string_view key, const Choice& choice) const;
  // Empty if absent; an empty string that is there is none of the names.
  Result<std::string> OptionalChoice(std::string_view key, const Choice& choice) const;
  Result<std::vector<std::string>> ChoiceList(std::string_view key, const Choice& choice) const;

  template <typename Read>
  auto RequiredObject(std::string_view key, Read read) const -> Result<ValueOf<Read>> {
    const Value* value = TRY(FindRequired(key));
    return ReadObject(*value, PathOf(key), read);
  }

  template <typename Read>
  auto OptionalObject(std::string_view key, Read read) const
      -> Result<std::optional<ValueOf<Read>>> {
    using T = ValueOf<Read>;
    const Value* value = Find(key);
    if (value == nullptr) return std::optional<T>();
    return std::optional<T>(TRY(ReadObject(*value, PathOf(key), read)));
  }

  template <typename Read>
  auto ObjectList(std::string_view key, Read read) const -> Result<std::vector<ValueOf<Read>>> {
    const Value* list = TRY(FindList(key));
    std::vector<ValueOf<Read>> items;
    if (list == nullptr) return items;
    items.reserve(list->items.size());
    for (const Value& item : list->items) {
      items.push_back(TRY(ReadObject(item, JoinPath(PathOf(key), items.size()), read)));
    }
    return items;
  }

  template <typename Read>
  auto ObjectMap(std::string_view key, Read read) const
      -> Result<std::map<std::string, ValueOf<Read>>> {
    const Value* object = TRY(FindObject(key));
    std::map<std::string, ValueOf<Read>> entries;
    if (object == nullptr) return entries;
    for (std::size_t i = 0; i < object->keys.size(); ++i) {
      const std::string& name = object->keys[i];
      entries.emplace(name, TRY(ReadObject(object->items[i], JoinPath(PathOf(key), name), read)));
    }
    return entries;
  }

  bool Has(std::string_view key) const { return Find(key) != nullptr; }

  // "process.user" of the key "user" in the object at "process".
  std::string PathOf(std::string_view key) const { return JoinPath(path_, key); }
  const std::string& Path() const { return path_; }
  Error InvalidAt(std::string_view key, std::string_view message) const {
    return Invalid(PathOf(key), message);
  }

  // Hands the keys that nobody asked for to `unknown`. Called once the object is read.
  void ReportUnknown() const;

 private:
  Reader(const Value& object, std::string path, std::vector<std::string>& unknown)
      : object_(&object),
        path_(std::move(path)),
        unknown_(&unknown),
        is_asked_for_(object.keys.size()) {}

  template <typename Read>
  std::invoke_result_t<Read, const Reader&> ReadObject(const Value& value,
                                                       std::string path,
                                                       const Read& read) const {
    const Reader reader = TRY(Make(value, std::move(path), *unknown_));
    auto result = read(reader);
    if (result) reader.ReportUnknown();
    return result;
  }

  const Value* Find(std::string_view key) const;  // null if absent
  Result<const Value*> FindRequired(std::string_view key) const;
  Result<const Value*> FindList(std::string_view key) const;
  Result<const Value*> FindObject(std::string_view key) const;

  const Value* object_;
  std::string path_;
  std::vector<std::string>* unknown_;
  mutable std::vector<bool> is_asked_for_;
};

// The whole of `text`, which is an object, as `read` reads it.
template <typename Read>
std::invoke_result_t<Read, const Reader&> ReadText(std::string_view text,
                                                   std::vector<std::string>& unknown,
                                                   const Read& read) {
  const Value value = TRY(Parse(text));
  const Reader reader = TRY(Reader::Make(value, {}, unknown));
  auto result = read(reader);
  if (result) reader.ReportUnknown();
  return result;
}

}  // namespace agentbox::json
