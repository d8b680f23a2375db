#include "engines/id_tables.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/strings.h"
#include "container/id_ranges.h"

namespace agentbox::engines {
namespace {

constexpr std::string_view kUser = "agentbox";

std::string WithLine(const std::string& table, const std::string& line) {
  const bool is_closed = table.empty() || table.ends_with('\n');
  return table + (is_closed ? "" : "\n") + line + "\n";
}

// A line like those that AddIdRange makes.
bool IsOurs(std::string_view line) {
  const auto fields = Split(line, ':');
  if (fields.size() != 3 || fields.front() != kUser) return false;
  const auto first = ParseNumber<std::uint64_t>(fields[1]);
  const auto count = ParseNumber<std::uint64_t>(fields[2]);
  constexpr container::IdInterval kWhole = container::kBuiltInIds;
  return first && count && *first >= kWhole.first && *first < kWhole.end &&
         *count <= kWhole.end - *first;
}

// Of useradd(8) and the like, new lines come behind ours.
bool HaveSameLines(std::string_view one, std::string_view other) {
  const auto sorted = [](std::string_view table) {
    auto lines = Split(table, '\n');
    std::erase(lines, std::string_view());
    std::ranges::sort(lines);
    return lines;
  };
  return sorted(one) == sorted(other);
}

}  // namespace

Result<IdTables> AddIdRange(const IdTables& tables) {
  const container::IdPool pool = TRY(container::ReadIdPool(tables.subuid, tables.subgid));
  if (!pool.is_built_in) return tables;
  const auto size = [](const container::IdInterval& interval) {
    return interval.end - interval.first;
  };
  const auto largest = std::ranges::max_element(pool.intervals, {}, size);
  if (largest == pool.intervals.end()) {
    return Fail(Error(ErrorKind::kRefused,
                      "all ids from " + std::to_string(container::kBuiltInIds.first) +
                          " on are given to others: add a line agentbox:FIRST:COUNT by hand"));
  }
  const std::string line = std::string(kUser) + ":" + std::to_string(largest->first) + ":" +
                           std::to_string(size(*largest));
  return IdTables{WithLine(tables.subuid, line), WithLine(tables.subgid, line)};
}

std::string RemoveIdRange(std::string_view table) {
  std::string rest;
  while (!table.empty()) {
    const auto newline = table.find('\n');
    const std::string_view line = table.substr(0, newline);
    const std::size_t size = newline == std::string_view::npos ? table.size() : newline + 1;
    if (!IsOurs(line)) rest += table.substr(0, size);
    table.remove_prefix(size);
  }
  return rest;
}

bool HasAddedIdRange(const IdTables& tables) {
  const auto again = AddIdRange({RemoveIdRange(tables.subuid), RemoveIdRange(tables.subgid)});
  return again && HaveSameLines(again->subuid, tables.subuid) &&
         HaveSameLines(again->subgid, tables.subgid);
}

}  // namespace agentbox::engines
