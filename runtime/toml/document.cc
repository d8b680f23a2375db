#include "toml/document.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "base/printable.h"
#include "toml/cursor.h"

namespace agentbox::toml {
namespace {

// What a path stands for so far, which decides what may yet be added to it.
enum class Kind : std::uint8_t {
  kValue,
  kImplied,  // a table, by the header of one below it
  kTable,    // a table, by its own header
  kDotted,   // a table, by a key with dots
  kList,     // of tables
};

struct Known {
  Kind kind = Kind::kValue;
  std::size_t section = 0;  // of kDotted: the header that it is below
  std::size_t size = 0;     // of kList
};

class DocumentReader {
 public:
  explicit DocumentReader(std::string_view text) : text_(text), cursor_(text) {}

  Result<Document> Run() {
    cursor_.Take("\xef\xbb\xbf");  // a byte order mark, which some editors leave
    while (!cursor_.IsAtEnd())
      TRY(ReadLine());
    return std::move(document_);
  }

 private:
  // A line, or an entry of several.
  Result<void> ReadLine() {
    const std::size_t begin = cursor_.At();
    cursor_.SkipBlanks();
    const bool is_header = cursor_.Peek() == '[';
    const bool is_entry = !is_header && !cursor_.IsAtEnd() && cursor_.Peek() != '#' &&
                          cursor_.Peek() != '\n' && !cursor_.StartsWith("\r\n");
    if (is_header) TRY(ReadHeader());
    if (is_entry) TRY(ReadEntry());
    cursor_.SkipBlanks();
    TRY(cursor_.SkipComment());
    if (!cursor_.IsAtEnd() && !cursor_.TakeNewline()) {
      return Fail(cursor_.Invalid("expected the end of the line"));
    }
    if (is_header) document_.headers.push_back({table_, begin, cursor_.At()});
    if (is_entry) {
      document_.entries.back().begin = begin;
      document_.entries.back().end = cursor_.At();
    }
    return {};
  }

  Result<void> ReadHeader() {
    const std::size_t at = cursor_.At();
    const bool is_list = cursor_.Take("[[");
    if (!is_list) cursor_.Skip(1);
    const Path keys = TRY(ReadKey(cursor_));
    if (!cursor_.Take(is_list ? "]]" : "]")) {
      return Fail(cursor_.Invalid(is_list ? "expected ]]" : "expected ]"));
    }
    ++section_;
    table_.clear();
    for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
      table_.push_back(keys[i]);
      TRY(PassTable(at));
    }
    table_.push_back(keys.back());
    return is_list ? AddItem(at) : AddTable(at);
  }

  // A table that a header goes through: the last item, where it is a list of tables.
  Result<void> PassTable(std::size_t at) {
    const auto [known, is_new] = known_.try_emplace(table_, Known{.kind = Kind::kImplied});
    if (known->second.kind == Kind::kValue) return Fail(Twice(at, table_));
    if (known->second.kind == Kind::kList) {
      table_.push_back(std::to_string(known->second.size - 1));
    }
    return {};
  }

  Result<void> AddTable(std::size_t at) {
    const auto [known, is_new] = known_.try_emplace(table_, Known{.kind = Kind::kTable});
    if (!is_new && known->second.kind != Kind::kImplied) return Fail(Twice(at, table_));
    known->second.kind = Kind::kTable;
    return {};
  }

  Result<void> AddItem(std::size_t at) {
    const auto [known, is_new] = known_.try_emplace(table_, Known{.kind = Kind::kList});
    if (known->second.kind != Kind::kList) return Fail(Twice(at, table_));
    table_.push_back(std::to_string(known->second.size++));
    return {};
  }

  Result<void> ReadEntry() {
    const std::size_t at = cursor_.At();
    const Path keys = TRY(ReadKey(cursor_));
    if (!cursor_.Take("=")) return Fail(cursor_.Invalid("expected = after a key"));
    cursor_.SkipBlanks();
    Value value = TRY(ReadValue(cursor_));
    Path path = TRY(Define(table_, keys, at));
    TRY(DefineInner(path, value));
    document_.entries.push_back({.path = std::move(path), .value = std::move(value)});
    return {};
  }

  // The path of a new value: `keys` below `table`.
  Result<Path> Define(Path path, const Path& keys, std::size_t at) {
    for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
      path.push_back(keys[i]);
      const auto [known, is_new] =
          known_.try_emplace(path, Known{.kind = Kind::kDotted, .section = section_});
      const bool is_ours = known->second.kind == Kind::kDotted && known->second.section == section_;
      if (!is_ours && known->second.kind != Kind::kImplied) return Fail(Twice(at, path));
    }
    path.push_back(keys.back());
    if (!known_.try_emplace(path).second) return Fail(Twice(at, path));
    return path;
  }

  // The keys of inline tables, also of those in lists.
  Result<void> DefineInner(const Path& path, const Value& value) {
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const Value& item = value.items[i];
      const bool is_list = value.type == Type::kList;
      const Path keys = is_list ? Path{std::to_string(i)} : value.keys[i];
      const Path inner = TRY(Define(path, keys, item.begin));
      TRY(DefineInner(inner, item));
    }
    return {};
  }

  Error Twice(std::size_t at, const Path& path) const {
    return cursor_.InvalidAt(at, ToString(path) + " is there already");
  }

  std::string_view text_;
  Cursor cursor_;
  Document document_;
  Path table_;               // of the last header
  std::size_t section_ = 0;  // how many headers there have been
  std::map<Path, Known> known_;
};

const Value* FindIn(const Value& value, const Path& path, std::size_t depth) {
  if (depth == path.size()) return &value;
  if (value.type != Type::kTable) return nullptr;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Path rest(path.begin() + static_cast<std::ptrdiff_t>(depth), path.end());
    if (!IsWithin(rest, value.keys[i])) continue;
    const Value* const found = FindIn(value.items[i], path, depth + value.keys[i].size());
    if (found != nullptr) return found;
  }
  return nullptr;
}

}  // namespace

bool IsWithin(const Path& path, const Path& other) {
  return path.size() >= other.size() && std::equal(other.begin(), other.end(), path.begin());
}

Path Join(const Path& path, const Path& more) {
  Path joined = path;
  joined.insert(joined.end(), more.begin(), more.end());
  return joined;
}

std::string ToString(const Path& path) {
  constexpr std::string_view kBare =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  std::string text;
  for (const std::string& key : path) {
    const bool is_bare = !key.empty() && key.find_first_not_of(kBare) == std::string::npos;
    text += (text.empty() ? "" : ".") + (is_bare ? key : Quote(key));
  }
  return text;
}

std::string Quote(std::string_view text) {
  return QuotedWith("\\u00", text);
}

const Value* Document::Find(const Path& path) const {
  for (const Entry& entry : entries) {
    if (!IsWithin(path, entry.path)) continue;
    return FindIn(entry.value, path, entry.path.size());
  }
  return nullptr;
}

std::string Document::StringAt(const Path& path) const {
  const Value* const value = Find(path);
  return value != nullptr && value->type == Type::kString ? value->text : std::string();
}

const Entry* Document::FindAbove(const Path& path) const {
  const auto found = std::ranges::find_if(
      entries, [&path](const Entry& entry) { return IsWithin(path, entry.path); });
  return found == entries.end() ? nullptr : &*found;
}

bool Document::Has(const Path& path) const {
  const auto is_within = [&path](const auto& part) { return IsWithin(part.path, path); };
  return Find(path) != nullptr || std::ranges::any_of(entries, is_within) ||
         std::ranges::any_of(headers, is_within);
}

Result<Document> Read(std::string_view text) {
  return DocumentReader(text).Run();
}

}  // namespace agentbox::toml
