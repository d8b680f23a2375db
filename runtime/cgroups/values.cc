#include "cgroups/values.h"

#include <cerrno>
#include <limits>

#include "base/strings.h"
#include "kernel/file.h"

namespace agentbox::cgroups {

std::optional<std::uint64_t> ReadNumber(std::string_view text) {
  text = Trimmed(text);
  if (text == "max") return std::numeric_limits<std::uint64_t>::max();
  return ParseNumber<std::uint64_t>(text);
}

Result<std::optional<std::uint64_t>> ReadNumberFile(int directory, const std::string& file) {
  const auto text = kernel::ReadFile(directory, file);
  if (text) return ReadNumber(*text);
  // EOPNOTSUPP: files of a controller that is compiled in but switched off.
  const int number = text.error().Errno();
  if (number == ENOENT || number == EOPNOTSUPP) return std::optional<std::uint64_t>();
  return Fail(text.error());
}

std::string TextOf(int directory, const std::string& file) {
  auto text = kernel::ReadFile(directory, file);
  return text ? *std::move(text) : std::string();
}

std::vector<std::string> LinesOf(int directory, const std::string& file) {
  const std::string text = TextOf(directory, file);
  std::vector<std::string> lines;
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

std::uint64_t NumberOf(int directory, const std::string& file) {
  return ReadNumber(TextOf(directory, file)).value_or(0);
}

std::map<std::string, std::uint64_t> NumbersByKey(int directory, const std::string& file) {
  std::map<std::string, std::uint64_t> numbers;
  for (const std::string& line : LinesOf(directory, file)) {
    const auto blank = line.find(' ');
    if (blank == std::string::npos) continue;
    const auto number = ReadNumber(std::string_view(line).substr(blank + 1));
    if (number) numbers[line.substr(0, blank)] = *number;
  }
  return numbers;
}

std::optional<std::uint64_t> FindKey(std::string_view text, std::string_view key) {
  for (const std::string_view line : Split(text, '\n')) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos || line.substr(0, blank) != key) continue;
    return ReadNumber(line.substr(blank + 1));
  }
  return std::nullopt;
}

Result<std::optional<std::uint64_t>> ReadKeyAgain(const UniqueFd& file, std::string_view key) {
  const auto text = kernel::ReadFromStart(file.Get());
  if (text) return FindKey(*text, key);
  if (text.error().Errno() == ENODEV) return std::optional<std::uint64_t>();
  return Fail(text.error());
}

}  // namespace agentbox::cgroups
