#include "cgroups/stats.h"

#include <cerrno>

#include "base/strings.h"
#include "cgroups/values.h"
#include "kernel/file.h"

namespace agentbox::cgroups {
namespace {

// Sizes that the kernel has pages of, as files of the controller are named.
Result<std::vector<std::string>> PageSizes(int directory, const std::string& suffix) {
  std::vector<std::string> sizes;
  constexpr std::string_view kPrefix = "hugetlb.";
  for (const std::string& name : TRY(kernel::ListDirectory(directory))) {
    if (!name.starts_with(kPrefix) || !name.ends_with(suffix)) continue;
    std::string size = name.substr(kPrefix.size(), name.size() - kPrefix.size() - suffix.size());
    if (size.find('.') == std::string::npos) sizes.push_back(std::move(size));
  }
  return sizes;
}

// "0.25", as the kernel writes it.
double ReadPercent(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

PressureLine ReadPressureLine(std::string_view line) {
  PressureLine pressure;
  pressure.avg10 = ReadPercent(FindWord(line, "avg10"));
  pressure.avg60 = ReadPercent(FindWord(line, "avg60"));
  pressure.avg300 = ReadPercent(FindWord(line, "avg300"));
  pressure.total = ParseNumber<std::uint64_t>(FindWord(line, "total")).value_or(0);
  return pressure;
}

// Nothing where the kernel does not measure pressure (psi=0, or EOPNOTSUPP of one cgroup).
std::optional<Pressure> ReadPressure(int directory, const std::string& file) {
  const std::vector<std::string> lines = LinesOf(directory, file);
  if (lines.empty()) return std::nullopt;
  Pressure pressure;
  for (const std::string& line : lines) {
    if (line.starts_with("some ")) pressure.some = ReadPressureLine(line);
    if (line.starts_with("full ")) pressure.full = ReadPressureLine(line);
  }
  return pressure;
}

}  // namespace

// The value after "key=" among the words of `line`.
std::string_view FindWord(std::string_view line, std::string_view key) {
  for (const std::string_view word : Split(line, ' ')) {
    if (word.starts_with(key) && word.substr(key.size()).starts_with('=')) {
      return word.substr(key.size() + 1);
    }
  }
  return {};
}

void ReadPressures(int directory, Stats& stats) {
  stats.cpu.pressure = ReadPressure(directory, "cpu.pressure");
  stats.memory.pressure = ReadPressure(directory, "memory.pressure");
  stats.block.pressure = ReadPressure(directory, "io.pressure");
}

Result<Stats> ReadStats(std::vector<Hierarchy>& hierarchies) {
  Stats stats;
  if (hierarchies.empty()) return stats;
  const bool is_v2 = hierarchies.size() == 1 && hierarchies.front().IsUnified();
  if (is_v2) {
    TRY(ReadV2Stats(hierarchies.front().directory.Get(), stats));
  } else {
    TRY(ReadV1Stats(hierarchies, stats));
  }
  return stats;
}

std::vector<std::uint64_t> ReadList(const std::string& text) {
  std::vector<std::uint64_t> numbers;
  for (const std::string_view part : Split(Trimmed(text), ',')) {
    const auto dash = part.find('-');
    const auto first = ParseNumber<std::uint16_t>(part.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : ParseNumber<std::uint16_t>(part.substr(dash + 1));
    if (!first || !last) return {};
    for (std::uint64_t number = *first; number <= *last; ++number)
      numbers.push_back(number);
  }
  return numbers;
}

Result<void> ReadHugepages(int directory, bool is_v2, Stats& stats) {
  const std::string suffix = is_v2 ? ".current" : ".usage_in_bytes";
  for (const std::string& size : TRY(PageSizes(directory, suffix))) {
    const std::string prefix = "hugetlb." + size;
    HugepageStats& pages = stats.hugepages[size];
    // What is reserved counts before it is touched, where the kernel tells (5.7).
    const auto reserved = TRY(ReadNumberFile(directory, prefix + ".rsvd" + suffix));
    const auto used = TRY(ReadNumberFile(directory, prefix + suffix));
    pages.usage = reserved.value_or(used.value_or(0));
    if (is_v2) {
      const auto events = kernel::ReadFile(directory, prefix + ".events");
      if (events) pages.fail_count = FindKey(*events, "max").value_or(0);
      continue;
    }
    const std::string v1 = prefix + (reserved ? ".rsvd" : "");
    pages.max = TRY(ReadNumberFile(directory, v1 + ".max_usage_in_bytes")).value_or(0);
    pages.fail_count = TRY(ReadNumberFile(directory, v1 + ".failcnt")).value_or(0);
  }
  return {};
}

}  // namespace agentbox::cgroups
