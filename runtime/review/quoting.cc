#include "review/quoting.h"

#include <cstdint>

#include "base/strings.h"

namespace agentbox::review {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

std::uint32_t CodePoint(std::string_view character) {
  constexpr unsigned kFirstBits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t code = static_cast<unsigned char>(character.front()) & kFirstBits[character.size()];
  for (const char c : character.substr(1))
    code = code << 6U | (static_cast<unsigned char>(c) & 0x3fU);
  return code;
}

bool IsControl(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

// Line and paragraph separators, and what Unicode calls bidirectional formatting characters.
bool IsFormatting(std::uint32_t code) {
  return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

// The letter that stands for it after a backslash; 0: none.
char EscapeLetter(char c) {
  constexpr std::string_view kControls = "\a\b\t\n\v\f\r\"\\";
  constexpr std::string_view kLetters = "abtnvfr\"\\";
  const auto place = kControls.find(c);
  return place == std::string_view::npos ? '\0' : kLetters[place];
}

void AppendQuoted(std::string& quoted, char c) {
  if (const char letter = EscapeLetter(c)) {
    quoted += '\\';
    quoted += letter;
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  quoted += '\\';
  for (const unsigned shift : {6U, 3U, 0U})
    quoted += static_cast<char>('0' + (byte >> shift & 7U));
}

// `text`, of which `append` writes each byte that is not safe, or that it says is special.
template <typename IsSpecial, typename Append>
std::string Escaped(std::string_view text, IsSpecial is_special, Append append) {
  std::string escaped;
  while (!text.empty()) {
    const std::size_t length = ShownLength(text);
    if (length != 0 && !is_special(text.front())) {
      escaped += text.substr(0, length);
      text.remove_prefix(length);
    } else {
      append(escaped, text.front());
      text.remove_prefix(1);
    }
  }
  return escaped;
}

std::string Quoted(std::string_view name, bool is_quoted) {
  const std::string text = Escaped(
      name, [](char c) { return c == '"' || c == '\\'; }, AppendQuoted);
  return is_quoted || text.size() != name.size() ? '"' + text + '"' : text;
}

}  // namespace

std::size_t ShownLength(std::string_view text) {
  const std::size_t length = SequenceLength(text);
  if (length == 0) return 0;
  const std::uint32_t code = CodePoint(text.substr(0, length));
  return IsControl(code) || IsFormatting(code) ? 0 : length;
}

std::string QuotedName(std::string_view name) {
  return Quoted(name, /*is_quoted=*/false);
}

std::string QuotedWord(std::string_view name) {
  return Quoted(name, /*is_quoted=*/name.find(' ') != std::string_view::npos);
}

std::string Visible(std::string_view line) {
  const auto append = [](std::string& text, char c) {
    if (c == '\t') {
      text += c;
      return;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += "\\x";
    text += kHex[byte >> 4U];
    text += kHex[byte & 0xfU];
  };
  return Escaped(
      line, [](char) { return false; }, append);
}

std::string VisibleJson(std::string_view json) {
  std::string text;
  while (!json.empty()) {
    const std::size_t length = SequenceLength(json);
    if (ShownLength(json) != 0 || length < 2) {
      text += json.substr(0, length == 0 ? 1 : length);
    } else {
      const std::uint32_t code = CodePoint(json.substr(0, length));
      text += "\\u";
      for (const unsigned shift : {12U, 8U, 4U, 0U})
        text += kHex[code >> shift & 0xfU];
    }
    json.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace agentbox::review
