// The values of a TOML text, as far as they are read: checked whole, with strings and lists of
// strings decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "toml/cursor.h"

namespace agentbox::toml {

enum class Type : std::uint8_t { kString, kInteger, kFloat, kBoolean, kTime, kList, kTable };

struct Value {
  Type type = Type::kTable;
  std::string text;  // of a string what it says; of others, but for lists and tables, as written
  std::vector<Value> items;                    // of a list, or an inline table's values
  std::vector<std::vector<std::string>> keys;  // of an inline table: items[i] is that of keys[i]
  std::size_t begin = 0;                       // in the text
  std::size_t end = 0;
};

// The value that begins at the cursor, which is then behind it.
Result<Value> ReadValue(Cursor& cursor);

// A key, of one part or of several with dots between: `plugins."io.containerd.grpc.v1.cri"`.
Result<std::vector<std::string>> ReadKey(Cursor& cursor);

}  // namespace agentbox::toml
