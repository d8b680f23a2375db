#include "container/events.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "cli/verbs.h"

namespace agentbox::cli {
namespace {

constexpr std::array kOptions = {
    Option{"interval", 0, "TIME", "time between two stats: 500ms, 5s, 1m30s (default: 5s)"},
    Option{"stats", 0, "", "print the stats once"},
};

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array kUnits = {
    Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}};

// A duration as Go writes it, without fractions.
Result<std::chrono::milliseconds> ReadInterval(const std::string& text) {
  std::int64_t sum = 0;
  std::string_view rest = text;
  constexpr std::int64_t kMostNumber = 1'000'000'000;
  while (!rest.empty()) {
    const auto digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const auto letters = rest.find_first_of("0123456789", digits);
    const auto number = ParseNumber<std::int64_t>(rest.substr(0, digits));
    const std::string_view name = rest.substr(digits, letters - digits);
    const auto* const unit = std::ranges::find(kUnits, name, &Unit::name);
    if (!number || *number > kMostNumber || unit == kUnits.end()) break;
    sum += *number * unit->milliseconds;
    rest.remove_prefix(std::min(letters, rest.size()));
  }
  if (rest.empty() && sum > 0) return std::chrono::milliseconds(sum);
  return Fail(
      Error(ErrorKind::kUsage, "--interval: " + Quoted(text) + " is not a time such as 5s"));
}

Result<int> Run(const Invocation& invocation) {
  if (invocation.arguments.Has("stats")) {
    const std::string event = TRY(container::ReadStatsEvent(invocation.runtime, invocation.Id()));
    TRY(Print(event));
    return 0;
  }
  const auto interval = TRY(ReadInterval(invocation.arguments.ValueOr("interval", "5s")));
  TRY(container::WatchEvents(invocation.runtime, invocation.Id(), interval, Print));
  return 0;
}

}  // namespace

constexpr Command kEvents = {
    .name = "events",
    .words = "ID",
    .summary = "print what a container uses, and when it runs out of memory, as JSON",
    .example = "agentbox events --stats web",
    .options = kOptions,
    .run = Run,
};

}  // namespace agentbox::cli
