#include "json/writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/strings.h"

namespace agentbox::json {
namespace {

void AppendEscaped(std::string& quoted, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"':
    case '\\':
      quoted += '\\';
      quoted += c;
      return;
    case '\n':
      quoted += "\\n";
      return;
    case '\r':
      quoted += "\\r";
      return;
    case '\t':
      quoted += "\\t";
      return;
    default:
      break;
  }
  if (byte < 0x20 || byte == 0x7f) {
    quoted += "\\u00";
    quoted += kHex[byte >> 4U];
    quoted += kHex[byte & 0xfU];
  } else {
    quoted += c;
  }
}

}  // namespace

std::string QuoteJson(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    if (length == 0) {
      quoted += "\\ufffd";
      text.remove_prefix(1);
    } else if (length == 1) {
      AppendEscaped(quoted, text.front());
      text.remove_prefix(1);
    } else {
      quoted += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return quoted + '"';
}

void Writer::Begin(char bracket) {
  text_ += bracket;
  open_ += bracket == '{' ? '}' : ']';
  is_empty_ = true;
}

void Writer::End() {
  const char bracket = open_.back();
  open_.pop_back();
  if (!is_empty_) NewLine();
  text_ += bracket;
  is_empty_ = false;
}

void Writer::NewLine() {
  if (indent_.empty()) return;
  text_ += '\n';
  for (std::size_t i = 0; i < open_.size(); ++i)
    text_ += indent_;
}

void Writer::Separate() {
  if (open_.empty()) return;
  if (!is_empty_) text_ += ',';
  is_empty_ = false;
  NewLine();
}

void Writer::Key(std::string_view key) {
  Separate();
  text_ += QuoteJson(key);
  text_ += indent_.empty() ? ":" : ": ";
}

void Writer::Put(std::string_view value) {
  text_ += QuoteJson(value);
}

void Writer::Put(double value) {
  if (!std::isfinite(value)) {
    text_ += "null";  // JSON has no infinity
    return;
  }
  std::array<char, 32> digits = {};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text_.append(digits.data(), result.ptr);
}

}  // namespace agentbox::json
