#include "toml/value.h"

#include <algorithm>
#include <cstdint>

#include "base/strings.h"

namespace agentbox::toml {
namespace {

// Far above what any configuration has, far below what would exhaust the stack.
constexpr unsigned kMaximumDepth = 64;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsBareKey(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

void AppendUtf8(std::string& text, std::uint32_t code) {
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0U | code >> 6U);
  } else if (code < 0x10000) {
    put(0xe0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3fU));
  } else {
    put(0xf0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3fU));
    put(0x80U | (code >> 6U & 0x3fU));
  }
  put(0x80U | (code & 0x3fU));
}

// \uXXXX or \UXXXXXXXX, from the letter on.
Result<void> ReadCode(Cursor& cursor, std::string& text) {
  const std::size_t size = cursor.Peek() == 'u' ? 4 : 8;
  const std::string_view digits = cursor.Rest().substr(1, size);
  const auto code = ParseNumber<std::uint32_t>(digits, 16);
  const bool is_scalar = code && *code < 0x110000 && (*code < 0xd800 || *code > 0xdfff);
  if (digits.size() != size || !is_scalar) return Fail(cursor.Invalid("no such character"));
  AppendUtf8(text, *code);
  cursor.Skip(1 + size);
  return {};
}

// A backslash at the end of a line of a multi-line string: the white space up to the next character
// is left out.
bool TakeContinuation(Cursor& cursor) {
  cursor.SkipBlanks();
  if (!cursor.TakeNewline()) return false;
  do {
    cursor.SkipBlanks();
  } while (cursor.TakeNewline());
  return true;
}

// What comes after a backslash.
Result<void> ReadEscape(Cursor& cursor, std::string& text, bool is_multiline) {
  constexpr std::string_view kLetters = "btnfr\"\\";
  constexpr std::string_view kMeant = "\b\t\n\f\r\"\\";
  const char letter = cursor.Peek();
  const auto known = letter == '\0' ? std::string_view::npos : kLetters.find(letter);
  if (known != std::string_view::npos) {
    text += kMeant[known];
    cursor.Skip(1);
    return {};
  }
  if (letter == 'u' || letter == 'U') return ReadCode(cursor, text);
  if (is_multiline && TakeContinuation(cursor)) return {};
  return Fail(cursor.Invalid("no such escape in a string"));
}

// One character of a string that `quote` has opened, or an escape for one.
Result<void> ReadCharacter(Cursor& cursor, std::string& text, std::string_view quote) {
  const bool is_multiline = quote.size() == 3;
  if (quote.front() == '"' && cursor.Take("\\")) return ReadEscape(cursor, text, is_multiline);
  if (is_multiline && cursor.TakeNewline()) {
    text += '\n';
    return {};
  }
  const std::string_view rest = cursor.Rest();
  TRY(cursor.SkipCharacter());
  text += rest.substr(0, rest.size() - cursor.Rest().size());
  return {};
}

// The rest of a string that `quote` (one of ", ', and three of each) has opened.
Result<std::string> ReadString(Cursor& cursor, std::string_view quote) {
  const bool is_multiline = quote.size() == 3;
  const std::size_t begin = cursor.At() - quote.size();
  std::string text;
  if (is_multiline) cursor.TakeNewline();
  for (;;) {
    const std::string_view rest = cursor.Rest();
    if (rest.starts_with(quote)) {
      // Of more than three quotes the last three close it, and at most two are its own.
      const auto run = std::min(rest.find_first_not_of(quote.front()), rest.size());
      const std::size_t own = is_multiline ? std::min<std::size_t>(run - 3, 2) : 0;
      text += rest.substr(0, own);
      cursor.Skip(own + quote.size());
      return text;
    }
    const bool is_line_end = cursor.Peek() == '\n' || cursor.StartsWith("\r\n");
    if (cursor.IsAtEnd() || (is_line_end && !is_multiline)) {
      return Fail(cursor.InvalidAt(begin, "a string that is not closed"));
    }
    TRY(ReadCharacter(cursor, text, quote));
  }
}

// Digits with single underscores between them.
bool AreDigits(std::string_view text, std::string_view allowed = "0123456789") {
  bool is_digit = false;
  for (const char c : text) {
    if (c == '_' && !is_digit) return false;
    is_digit = c != '_';
    if (is_digit && allowed.find(c) == std::string_view::npos) return false;
  }
  return is_digit;
}

bool IsDecimal(std::string_view text) {
  return AreDigits(text) && (text.size() == 1 || text.front() != '0');
}

std::string_view WithoutSign(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text;
}

bool IsInteger(std::string_view text) {
  if (text.starts_with("0x")) return AreDigits(text.substr(2), "0123456789abcdefABCDEF");
  if (text.starts_with("0o")) return AreDigits(text.substr(2), "01234567");
  if (text.starts_with("0b")) return AreDigits(text.substr(2), "01");
  return IsDecimal(WithoutSign(text));
}

bool IsFloat(std::string_view text) {
  text = WithoutSign(text);
  if (text == "inf" || text == "nan") return true;
  const auto exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    if (!AreDigits(WithoutSign(text.substr(exponent + 1)))) return false;
    text = text.substr(0, exponent);
  }
  const auto point = text.find('.');
  if (point == std::string_view::npos) return exponent != std::string_view::npos && IsDecimal(text);
  return IsDecimal(text.substr(0, point)) && AreDigits(text.substr(point + 1));
}

// Whether `text` is as `form`, where 0 stands for a digit.
bool HasForm(std::string_view text, std::string_view form) {
  return text.size() == form.size() && std::ranges::equal(text, form, [](char c, char f) {
           return f == '0' ? IsDigit(c) : c == f;
         });
}

// hh:mm:ss[.digits]
bool IsTimeOfDay(std::string_view text) {
  const bool has_fraction = text.size() > 8;
  return HasForm(text.substr(0, 8), "00:00:00") &&
         (!has_fraction ||
          (text[8] == '.' && std::ranges::all_of(text.substr(9), IsDigit) && text.size() > 9));
}

// A date, a time of day, or both with or without an offset (RFC 3339).
bool IsTime(std::string_view text) {
  if (IsTimeOfDay(text)) return true;
  if (!HasForm(text.substr(0, 10), "0000-00-00")) return false;
  if (text.size() == 10) return true;
  if (std::string_view("Tt ").find(text[10]) == std::string_view::npos) return false;
  text.remove_prefix(11);
  if (text.ends_with('Z') || text.ends_with('z')) {
    text.remove_suffix(1);
  } else if (text.size() > 6 && (HasForm(text.substr(text.size() - 6), "+00:00") ||
                                 HasForm(text.substr(text.size() - 6), "-00:00"))) {
    text.remove_suffix(6);
  }
  return IsTimeOfDay(text);
}

// A value that is neither a string, a list nor a table.
Result<void> ReadWord(Cursor& cursor, Value& value) {
  const std::string_view rest = cursor.Rest();
  std::size_t size = std::min(rest.find_first_of(" \t\r\n,]}#="), rest.size());
  // The one value with a blank in it: `1979-05-27 07:32:00`.
  if (size == 10 && HasForm(rest.substr(0, 14), "0000-00-00 00:")) {
    size = std::min(rest.find_first_of(" \t\r\n,]}#=", 11), rest.size());
  }
  value.text = rest.substr(0, size);
  if (value.text == "true" || value.text == "false") {
    value.type = Type::kBoolean;
  } else if (IsInteger(value.text)) {
    value.type = Type::kInteger;
  } else if (IsFloat(value.text)) {
    value.type = Type::kFloat;
  } else if (IsTime(value.text)) {
    value.type = Type::kTime;
  } else if (value.text.empty()) {
    return Fail(cursor.Invalid("a value is missing"));
  } else {
    return Fail(cursor.Invalid(Quoted(value.text) + " is no value"));
  }
  cursor.Skip(size);
  return {};
}

class ValueReader {
 public:
  explicit ValueReader(Cursor& cursor) : cursor_(cursor) {}

  Result<Value> Read() {
    Value value = {.begin = cursor_.At()};
    if (cursor_.Take("[")) {
      TRY(ReadList(value));
    } else if (cursor_.Take("{")) {
      TRY(ReadTable(value));
    } else {
      TRY(ReadScalar(value));
    }
    value.end = cursor_.At();
    return value;
  }

 private:
  Result<void> ReadScalar(Value& value) {
    for (const std::string_view quote : {"\"\"\"", "'''", "\"", "'"}) {
      if (!cursor_.Take(quote)) continue;
      value.type = Type::kString;
      value.text = TRY(ReadString(cursor_, quote));
      return {};
    }
    return ReadWord(cursor_, value);
  }

  Result<void> ReadList(Value& list) {
    list.type = Type::kList;
    if (++depth_ > kMaximumDepth) return Fail(cursor_.Invalid("nested too deeply"));
    TRY(cursor_.SkipSpace());
    while (!cursor_.Take("]")) {
      list.items.push_back(TRY(Read()));
      TRY(cursor_.SkipSpace());
      const bool has_comma = cursor_.Take(",");
      TRY(cursor_.SkipSpace());
      if (!has_comma && cursor_.Peek() != ']') {
        return Fail(cursor_.Invalid("expected , or ] in a list"));
      }
    }
    --depth_;
    return {};
  }

  Result<void> ReadTable(Value& table) {
    table.type = Type::kTable;
    if (++depth_ > kMaximumDepth) return Fail(cursor_.Invalid("nested too deeply"));
    cursor_.SkipBlanks();
    const bool is_empty = cursor_.Peek() == '}';
    while (!is_empty) {
      cursor_.SkipBlanks();
      table.keys.push_back(TRY(ReadKey(cursor_)));
      cursor_.SkipBlanks();
      if (!cursor_.Take("=")) return Fail(cursor_.Invalid("expected = after a key"));
      cursor_.SkipBlanks();
      table.items.push_back(TRY(Read()));
      cursor_.SkipBlanks();
      if (!cursor_.Take(",")) break;
    }
    --depth_;
    if (!cursor_.Take("}")) return Fail(cursor_.Invalid("expected , or } in a table"));
    return {};
  }

  Cursor& cursor_;
  unsigned depth_ = 0;
};

Result<std::string> ReadKeyPart(Cursor& cursor) {
  for (const std::string_view quote : {"\"", "'"}) {
    if (cursor.Take(quote)) return ReadString(cursor, quote);
  }
  const std::string_view rest = cursor.Rest();
  const auto size =
      static_cast<std::size_t>(std::ranges::find_if_not(rest, IsBareKey) - rest.begin());
  if (size == 0) return Fail(cursor.Invalid("expected a key"));
  cursor.Skip(size);
  return std::string(rest.substr(0, size));
}

}  // namespace

Result<Value> ReadValue(Cursor& cursor) {
  return ValueReader(cursor).Read();
}

Result<std::vector<std::string>> ReadKey(Cursor& cursor) {
  std::vector<std::string> parts;
  do {
    cursor.SkipBlanks();
    parts.push_back(TRY(ReadKeyPart(cursor)));
    cursor.SkipBlanks();
  } while (cursor.Take("."));
  return parts;
}

}  // namespace agentbox::toml
