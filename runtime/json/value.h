// A JSON text as a value: strict (RFC 8259), with what a configuration must not have refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace agentbox::json {

enum class Type : std::uint8_t { kNull, kBoolean, kNumber, kString, kList, kObject };

struct Value {
  Type type = Type::kNull;
  bool boolean = false;
  std::string text;  // the string; or the number as it was written, so that none loses digits
  std::vector<Value> items;  // of a list, or the members' values of an object
  std::vector<std::string>
      keys;  // of an object, in the order of the text: items[i] is that of keys[i]
};

// Far above what any engine writes, far below what would exhaust the stack or the memory.
constexpr std::size_t kMaximumDepth = 64;
constexpr std::size_t kMaximumSize = std::size_t{8} << 20U;

// The value of `text`. kInvalidSpec, with line and column or with the path, for a syntax error, an
// encoding other than UTF-8, a duplicate key (of which other readers take the first or the last), a
// string with a NUL (which ends it for the kernel), and a text beyond the limits above.
Result<Value> Parse(std::string_view text);

// `path` one level down: "process" and "user" make "process.user"; a key of other characters than
// names have is quoted: `annotations["a b"]`.
std::string JoinPath(const std::string& path, std::string_view key);
std::string JoinPath(const std::string& path, std::size_t index);

// What a message says was found: `the string "1000"`, `a list`, `null`.
std::string Describe(const Value& value);

}  // namespace agentbox::json
