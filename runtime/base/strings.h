// Strings to numbers and back to lists: strict, whole-string, without locale.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentbox {

// The number that the whole of `text` is, in base 10 (or `base`); nothing for an empty string, a
// sign that T has not, blanks, a rest, or a number that T can not hold. CVE-2026-30892 is what an
// inexact reading of a user id comes to.
template <typename T>
std::optional<T> ParseNumber(std::string_view text, int base = 10) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The bytes that the whole of `text` says: a number, or one with k, m, g or t (of 1024 each) after
// it, in either case, and a b if one likes ("512m", "4GB"). Nothing for less than 0 or too much.
std::optional<std::int64_t> ParseSize(std::string_view text);

// `bytes` in the largest unit that it is a whole number of, as ParseSize reads it: "512m".
std::string SizeText(std::uint64_t bytes);

// The parts of `text` between separators; one empty part for an empty text.
std::vector<std::string_view> Split(std::string_view text, char separator);

// `parts` with `separator` between them.
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

// `text` in double quotes, with quotes, backslashes and control characters escaped: for messages,
// which stay on one line whatever a user or an image put into a name.
std::string Quoted(std::string_view text);

// How many bytes the UTF-8 sequence at the start of `text`, which is not empty, has; 0 if it is
// none (RFC 3629).
std::size_t SequenceLength(std::string_view text);

// Two digits, of 0 to 9 and a to f, a byte.
std::string Hexadecimal(std::string_view bytes);

// `text` without white space at either end.
std::string_view Trimmed(std::string_view text);

}  // namespace agentbox
