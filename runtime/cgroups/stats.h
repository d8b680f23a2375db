// What a container has used, from the files of v1 and v2, in the units that `events --stats`
// prints.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cgroups/hierarchy.h"

namespace agentbox::cgroups {

// Pressure stall information (Documentation/accounting/psi.rst): shares in percent, total in us.
struct PressureLine {
  double avg10 = 0;
  double avg60 = 0;
  double avg300 = 0;
  std::uint64_t total = 0;
};

struct Pressure {
  PressureLine some;
  PressureLine full;
};

struct CpuStats {
  std::uint64_t total = 0;  // nanoseconds, as all times here
  std::uint64_t user = 0;
  std::uint64_t kernel = 0;
  std::vector<std::uint64_t> per_cpu;  // v1
  std::vector<std::uint64_t> per_cpu_kernel;
  std::vector<std::uint64_t> per_cpu_user;
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  std::uint64_t throttled_time = 0;
  std::optional<Pressure> pressure;
};

// v1's files of the cpuset controller; cpus and mems are also v2's.
struct CpusetStats {
  std::vector<std::uint64_t> cpus;
  std::vector<std::uint64_t> mems;
  std::uint64_t cpu_exclusive = 0;
  std::uint64_t mem_hardwall = 0;
  std::uint64_t mem_exclusive = 0;
  std::uint64_t memory_migrate = 0;
  std::uint64_t memory_spread_page = 0;
  std::uint64_t memory_spread_slab = 0;
  std::uint64_t memory_pressure = 0;
  std::uint64_t sched_load_balance = 0;
  std::int64_t sched_relax_domain_level = 0;
};

// Bytes; a limit of UINT64_MAX is none.
struct MemoryUsage {
  std::uint64_t limit = 0;
  std::uint64_t usage = 0;
  std::uint64_t max = 0;
  std::uint64_t fail_count = 0;
};

struct MemoryStats {
  std::uint64_t cache = 0;
  MemoryUsage usage;
  MemoryUsage swap;  // memory and swap together, as v1 counts
  MemoryUsage kernel;
  MemoryUsage kernel_tcp;
  std::map<std::string, std::uint64_t> raw;  // memory.stat
  std::optional<Pressure> pressure;
};

struct PidsStats {
  std::uint64_t current = 0;
  std::uint64_t limit = 0;  // 0: none
};

struct BlockEntry {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::string op;  // "Read", "Write", "Total", ...
  std::uint64_t value = 0;
};

struct BlockStats {
  std::vector<BlockEntry> service_bytes;
  std::vector<BlockEntry> serviced;
  std::vector<BlockEntry> queued;
  std::vector<BlockEntry> service_time;
  std::vector<BlockEntry> wait_time;
  std::vector<BlockEntry> merged;
  std::vector<BlockEntry> time;
  std::vector<BlockEntry> sectors;
  std::optional<Pressure> pressure;
};

struct HugepageStats {
  std::uint64_t usage = 0;
  std::uint64_t max = 0;
  std::uint64_t fail_count = 0;
};

struct Stats {
  CpuStats cpu;
  CpusetStats cpuset;
  MemoryStats memory;
  PidsStats pids;
  BlockStats block;
  std::map<std::string, HugepageStats> hugepages;  // by size: "2MB"
};

// The hierarchies are open. A file that the kernel has not is as if it said 0.
Result<Stats> ReadStats(std::vector<Hierarchy>& hierarchies);

// The parts of ReadStats; `directory` is that of the controller.
Result<void> ReadV1Stats(std::vector<Hierarchy>& hierarchies, Stats& stats);
Result<void> ReadV2Stats(int directory, Stats& stats);

// For both: the value after "key=" among the words of `line`; numbers of a list such as "0-3,7"; an
// empty list for what is none.
std::string_view FindWord(std::string_view line, std::string_view key);
std::vector<std::uint64_t> ReadList(const std::string& text);
void ReadPressures(int directory, Stats& stats);
Result<void> ReadHugepages(int directory, bool is_v2, Stats& stats);

}  // namespace agentbox::cgroups
