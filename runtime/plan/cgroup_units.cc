#include "plan/cgroup_units.h"

#include <cmath>
#include <limits>

#include "base/strings.h"

namespace agentbox::plan {
namespace {

constexpr std::uint64_t kMinShares = 2;
constexpr std::uint64_t kMaxShares = 262144;
constexpr std::uint64_t kMaxWeight = 10000;
constexpr std::uint64_t kDefaultPeriod = 100000;  // microseconds; sched-bwc.rst
constexpr unsigned kMaxCpu = 8191;                // the kernel's NR_CPUS is nowhere larger

Error SwapError(const std::string& text) {
  return Error(ErrorKind::kInvalidSpec, "linux.resources.memory.swap: " + text);
}

bool IsSet(const std::optional<std::int64_t>& value) {
  return value.value_or(0) != 0;
}

}  // namespace

std::uint64_t CpuWeight(std::uint64_t shares) {
  if (shares <= kMinShares) return 1;
  if (shares >= kMaxShares) return kMaxWeight;
  const double log = std::log2(static_cast<double>(shares));
  // The parabola that gives 0, 2 and 4 at 1, 10 and 18.
  const double exponent = (log * log + 125 * log) / 612.0 - 7.0 / 34.0;
  return static_cast<std::uint64_t>(std::ceil(std::pow(10, exponent)));
}

std::uint64_t IoWeight(std::uint64_t weight) {
  return 1 + (weight - 10) * 9999 / 990;
}

std::string LimitOrMax(std::int64_t value) {
  return value < 0 ? "max" : std::to_string(value);
}

Result<std::optional<std::int64_t>> SwapMax(const spec::Memory& memory) {
  // As on v1, where memory without a limit can have no memory+swap with one.
  if (memory.limit == -1 && !IsSet(memory.swap)) return std::optional<std::int64_t>(-1);
  if (!IsSet(memory.swap)) return std::optional<std::int64_t>();
  if (*memory.swap < 0 || memory.limit == -1) return memory.swap;
  if (!IsSet(memory.limit)) {
    return Fail(SwapError("counts memory and swap, so v2 needs memory.limit beside it"));
  }
  if (*memory.swap < *memory.limit) {
    return Fail(SwapError(std::to_string(*memory.swap) + " is less than memory.limit, " +
                          std::to_string(*memory.limit) + ", which it includes"));
  }
  return std::optional<std::int64_t>(*memory.swap - *memory.limit);
}

std::uint64_t CpuQuotaPerSecond(std::int64_t quota, std::uint64_t period) {
  if (quota <= 0) return std::numeric_limits<std::uint64_t>::max();
  constexpr std::uint64_t kPercent = 10000;  // microseconds per second
  const auto wanted = static_cast<std::uint64_t>(quota);
  const std::uint64_t exact =
      static_cast<std::uint64_t>(static_cast<double>(wanted) * 1e6 /
                                 static_cast<double>(period != 0 ? period : kDefaultPeriod));
  return (exact + kPercent - 1) / kPercent * kPercent;
}

std::optional<std::vector<std::uint8_t>> CpuMask(const std::string& list) {
  std::vector<std::uint8_t> mask;
  for (const std::string_view part : Split(list, ',')) {
    const std::string_view range = Trimmed(part);
    const auto dash = range.find('-');
    const auto first = ParseNumber<unsigned>(range.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : ParseNumber<unsigned>(range.substr(dash + 1));
    if (!first || !last || *first > *last || *last > kMaxCpu) return std::nullopt;
    for (unsigned cpu = *first; cpu <= *last; ++cpu) {
      if (mask.size() <= cpu / 8) mask.resize(cpu / 8 + 1);
      mask[cpu / 8] = static_cast<std::uint8_t>(mask[cpu / 8] | 1U << cpu % 8);
    }
  }
  return mask;
}

}  // namespace agentbox::plan
