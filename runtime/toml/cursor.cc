#include "toml/cursor.h"

#include <algorithm>

#include "base/strings.h"

namespace agentbox::toml {

bool Cursor::Take(std::string_view word) {
  if (!StartsWith(word)) return false;
  Skip(word.size());
  return true;
}

void Cursor::SkipBlanks() {
  while (Peek() == ' ' || Peek() == '\t')
    Skip(1);
}

Result<void> Cursor::SkipComment() {
  if (Peek() != '#') return {};
  while (!IsAtEnd() && Peek() != '\n' && !StartsWith("\r\n"))
    TRY(SkipCharacter());
  return {};
}

bool Cursor::TakeNewline() {
  return Take("\n") || Take("\r\n");
}

Result<void> Cursor::SkipSpace() {
  do {
    SkipBlanks();
    TRY(SkipComment());
  } while (TakeNewline());
  return {};
}

Result<void> Cursor::SkipCharacter() {
  const auto byte = static_cast<unsigned char>(Peek());
  if (byte < 0x20 && byte != '\t') return Fail(Invalid("a control character"));
  if (byte == 0x7f) return Fail(Invalid("a control character"));
  const std::size_t length = SequenceLength(Rest());
  if (length == 0) return Fail(Invalid("not UTF-8"));
  Skip(length);
  return {};
}

Error Cursor::InvalidAt(std::size_t at, std::string_view message) const {
  const std::string_view read = text_.substr(0, at);
  const auto line = std::ranges::count(read, '\n') + 1;
  const auto line_start = read.rfind('\n') + 1;  // npos + 1 is 0
  return Error(ErrorKind::kInvalidSpec,
               "line " + std::to_string(line) + ", column " + std::to_string(at - line_start + 1) +
                   ": " + std::string(message));
}

}  // namespace agentbox::toml
