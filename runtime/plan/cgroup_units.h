// Units of cgroup v1, in which runtime-spec speaks, in those of v2 and systemd. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "spec/config.h"

namespace agentbox::plan {

// cpu.shares (2 to 262144, 1024 is normal) as cpu.weight (1 to 10000, 100 is normal): a curve
// through all three points, as runc 1.4 and crun 1.23 have it; their older straight line made 39 of
// 1024.
std::uint64_t CpuWeight(std::uint64_t shares);

// blkio.weight (10 to 1000) as io.weight (1 to 10000).
std::uint64_t IoWeight(std::uint64_t weight);

// A limit as v2 writes it: "max" for -1.
std::string LimitOrMax(std::int64_t value);

// memory.swap, which counts memory and swap together, as memory.swap.max, which counts swap alone:
// -1 is no limit; nothing where it is not to be written. kInvalidSpec where it is less than the
// limit of memory, or there is none to take off.
Result<std::optional<std::int64_t>> SwapMax(const spec::Memory& memory);

// The share of CPU time that systemd is told: microseconds per second, rounded up to a whole
// percent so that systemd does not round it down; UINT64_MAX for no limit.
std::uint64_t CpuQuotaPerSecond(std::int64_t quota, std::uint64_t period);

// A list of CPUs or memory nodes ("0-3,7") as systemd takes it: bytes of a bit mask, the lowest
// first. Nothing if it is no such list.
std::optional<std::vector<std::uint8_t>> CpuMask(const std::string& list);

}  // namespace agentbox::plan
